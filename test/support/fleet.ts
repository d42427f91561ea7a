type Fields = Readonly<Record<string, unknown>>

/** The least rule there is: an app's contact must not be `nobody`. The fields of `spec` given are replaced. */
export function ruleDocument(spec: Fields = {}, name = 'contact-named') {
  return {
    apiVersion: 'gatehouse/v1',
    kind: 'Policy',
    metadata: { name },
    spec: {
      layer: 'org',
      points: ['publish'],
      action: 'Deny',
      validations: [
        {
          id: 'contact',
          path: 'spec.owner.contact',
          expression: "app.spec.owner.contact != 'nobody'",
          message: 'names nobody',
          remediation: 'Name somebody.',
        },
      ],
      tests: [
        { name: 'somebody', expect: 'allow' },
        { name: 'nobody', expect: 'deny', input: { app: { spec: { owner: { contact: 'nobody' } } } } },
      ],
      ...spec,
    },
  }
}

/** The least rule, with another expression, and the tests that it is to pass. */
export function ruleWith(expression: string, tests: readonly unknown[]) {
  const [validation] = ruleDocument().spec.validations
  return ruleDocument({ validations: [{ ...validation, expression }], tests })
}

/** A rule over the requests of one app: what the expression is false for breaks it. A test of the rule is given for each. */
export function requestRule(
  app: string,
  expression: string,
  { allows, denies, name = 'request-rule', ...spec }: Fields & { allows: Fields; denies: Fields; name?: string },
) {
  const input = (request: Fields) => ({ app: { metadata: { name: app } }, ...request })
  return ruleDocument(
    {
      points: ['request'],
      match: `app.metadata.name == '${app}'`,
      validations: [{ id: 'asked', expression, message: 'is not as it should be', remediation: 'Ask otherwise.' }],
      tests: [
        { name: 'one that is allowed', expect: 'allow', input: input(allows) },
        { name: 'one that is denied', expect: 'deny', input: input(denies) },
      ],
      ...spec,
    },
    name,
  )
}

/** Values that rules read as `org`. */
export function policyData(values: Fields, name = 'values') {
  return { apiVersion: 'gatehouse/v1', kind: 'PolicyData', metadata: { name }, spec: { values } }
}
