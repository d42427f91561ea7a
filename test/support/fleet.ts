/** The least rule there is: an app's contact must not be `nobody`. The fields of `spec` given are replaced. */
export function ruleDocument(spec: Readonly<Record<string, unknown>> = {}, name = 'contact-named') {
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
