import { join } from 'node:path'
import { loadAll } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { definition, structural } from '#cli/kubernetes/definition.ts'
import { admissionPolicy } from '#cli/kubernetes/policy.ts'
import { root } from '#cli/machine/paths.ts'
import { readFleets } from '#cli/registry/fleet.ts'
import { compile } from '#core/cel/engine.ts'
import { merged, sampleManifest } from '#core/fleet/sample.ts'
import { gatehouse } from '../support/node/gateway.ts'

const pack = join(root, 'policies/fleet')
const group = 'gatehouse.example.com'

interface Policy {
  readonly kind: string
  readonly spec: {
    readonly failurePolicy: string
    readonly matchConditions?: readonly { readonly expression: string }[]
    readonly validations: readonly { readonly expression: string; readonly message: string }[]
  }
}

/** What an expression of a policy answers of an object, as the API server would ask it. */
function holds(expression: string, object: unknown): boolean {
  const compiled = compile(expression, ['object'])
  if (compiled.kind === 'refused') throw new Error(JSON.stringify(compiled.problems))
  const answer = compiled.program.evaluate({ object: () => object })
  if (answer.kind === 'error') throw new Error(answer.detail)
  return answer.holds
}

describe('rules as Kubernetes policies', () => {
  it('decide each test of the shipped rules as the gateway does', async () => {
    const fleet = await readFleets([pack])
    let tried = 0
    for (const rule of fleet.rules) {
      for (const { name, input, expect: expected } of rule.source.spec.tests) {
        const org = merged(fleet.org, input.org) as Record<string, unknown>
        const exported = admissionPolicy(rule, group, { environment: input.environment, org })
        if (exported.kind === 'left') continue
        const { spec } = exported.documents[0] as Policy
        const object = JSON.parse(JSON.stringify(sampleManifest(input.app)))
        // an object without labels has none in Kubernetes
        if (Object.keys(object.metadata.labels).length === 0) delete object.metadata.labels
        const isMeant = (spec.matchConditions ?? []).every(({ expression }) => holds(expression, object))
        const isAllowed = !isMeant || spec.validations.every(({ expression }) => holds(expression, object))
        expect(`${rule.source.metadata.name}, ${name}: ${isAllowed ? 'allow' : 'deny'}`).toMatch(
          new RegExp(`${expected}$`),
        )
        tried += 1
      }
    }
    expect(tried).toBeGreaterThan(25)
  })

  it('come with their bindings, say what is left out and why, and have the form that the API takes', async () => {
    const { code, stdout, stderr } = await gatehouse(['policy', 'export', pack, '--crd'])
    expect(code).toBe(0)
    for (const name of ['no-secrets', 'risk-egress', 'risk-release', 'ttl-cap'])
      expect(stderr).toContain(`${name} is left out`)
    const documents = loadAll(stdout) as (Policy & { metadata: { name: string } })[]
    expect(stdout).not.toMatch(/[&*]a\d+$/m)
    const kinds = documents.map(({ kind }) => kind)
    expect(kinds[0]).toBe('CustomResourceDefinition')
    expect(kinds.slice(1)).toEqual(
      Array(8).fill(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']).flat(),
    )
    for (const { kind, metadata, spec } of documents.slice(1)) {
      expect(metadata.name).toMatch(/^gatehouse-[a-z-]{1,50}$/)
      if (kind === 'ValidatingAdmissionPolicy') {
        expect(spec.failurePolicy).toBe('Fail')
        for (const { message } of spec.validations) expect(message).not.toContain('\n')
      } else
        expect(spec).toMatchObject({
          policyName: metadata.name,
          validationActions: [expect.stringMatching(/^(Deny|Warn)$/)],
        })
    }
    const json = await gatehouse(['policy', 'export', pack, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ apiVersion: 'v1', kind: 'List' })
    expect((await gatehouse(['policy', 'export', pack, '--group', 'gatehouse'])).code).toBe(2)
  })
})

describe('the definition of manifests', () => {
  it('has a structural schema, with the defaults that rules count on', () => {
    const { spec } = definition(group) as { spec: { versions: { schema: { openAPIV3Schema: object } }[] } }
    const schema = spec.versions[0]?.schema.openAPIV3Schema ?? {}
    const wrong: string[] = []
    visit(schema, 'schema')
    expect(wrong).toEqual([])
    expect(schema).toMatchObject({
      properties: {
        spec: {
          properties: { egress: { default: [], maxItems: 1000 }, owner: { required: ['user', 'team', 'contact'] } },
        },
      },
    })

    function visit(node: object, at: string) {
      const known = [
        'type',
        'properties',
        'required',
        'items',
        'additionalProperties',
        'enum',
        'default',
        'minLength',
        'maxLength',
        'minItems',
        'maxItems',
        'minimum',
        'maximum',
        'exclusiveMinimum',
        'exclusiveMaximum',
        'x-kubernetes-preserve-unknown-fields',
      ]
      const {
        type,
        properties = {},
        items,
        additionalProperties,
        ...rest
      } = node as Record<string, never> & { properties?: object }
      if (!type && !('x-kubernetes-preserve-unknown-fields' in rest)) wrong.push(`${at} has no type`)
      for (const key of Object.keys(node)) if (!known.includes(key)) wrong.push(`${at} has ${key}`)
      if (type === 'array' && !items) wrong.push(`${at} has no items`)
      if (Object.keys(properties).length > 0 && additionalProperties) wrong.push(`${at} has members and more`)
      for (const [name, member] of Object.entries(properties)) visit(member, `${at}.${name}`)
      if (items) visit(items, `${at}[]`)
      if (additionalProperties) visit(additionalProperties, `${at}{}`)
    }
  })

  it('keeps what is no plain type as it is', () => {
    expect(structural({ anyOf: [{ type: 'string' }] })).toEqual({ 'x-kubernetes-preserve-unknown-fields': true })
    expect(structural({ type: 'integer', exclusiveMinimum: 0, maximum: 5 })).toEqual({
      type: 'integer',
      minimum: 0,
      exclusiveMinimum: true,
      maximum: 5,
    })
    expect(structural({ type: 'object', additionalProperties: { type: 'string' } })).toEqual({
      type: 'object',
      additionalProperties: { type: 'string' },
    })
  })
})
