import { expect, it } from 'vitest'
import * as z from 'zod'
import { Manifest } from '#core/manifest/schema.ts'

/** Fields whose changes are told; of each what stands below it too. */
const told = [
  'spec.lifecycle',
  'spec.hosts',
  'spec.residency',
  'spec.upstreams',
  'spec.hosts',
  'spec.webhooks.*.scheme',
  'spec.webhooks.*.secrets',
  'spec.webhooks.*.toleranceSeconds',
  'spec.webhooks.*.hmac',
  'spec.webhooks.*.dedupe',
  'spec.webhooks.*.when',
  'spec.webhooks.*.masking',
  'spec.webhooks.*.schema',
  'spec.webhooks.*.limits',
  'spec.identity',
  'spec.api.issuers',
  'spec.api.routes.path',
  'spec.api.routes.methods',
  'spec.api.routes.auth',
  'spec.api.routes.scopes',
  'spec.api.routes.timeoutMs',
  'spec.api.routes.idempotency',
  'spec.api.routes.cost',
  'spec.api.routes.bodyBytes',
  'spec.api.routes.schema',
  'spec.api.routes.responseSchema',
  'spec.api.cors',
  'spec.api.openapi',
  'spec.egress',
  'spec.signing',
  'spec.limits',
  'spec.masking',
  'spec.policies',
]

/** Fields that let nobody in or out, and nothing through: the app's own affairs. */
const indifferent = [
  'apiVersion',
  'kind',
  'metadata',
  'spec.owner',
  'spec.webhooks.*.path',
  'spec.webhooks.*.mode',
  'spec.webhooks.*.cannedReply',
  'spec.webhooks.*.orderBy',
  'spec.webhooks.*.retentionDays',
  'spec.webhooks.*.sign',
  'spec.webhooks.*.retry',
  'spec.webhooks.*.delivery',
  'spec.api.routes.headers',
  'spec.rollout',
  'spec.breaker',
]

it('every field of a manifest is one whose changes are told, or known to open nothing', () => {
  const known = [...told, ...indifferent]
  const unknown = leaves(z.toJSONSchema(Manifest, { io: 'input', unrepresentable: 'any' }) as Shape, '').filter(
    path => !known.some(one => path === one || path.startsWith(`${one}.`)),
  )
  expect(unknown, 'add a row to src/core/change, or name the field as indifferent here').toEqual([])
})

interface Shape {
  properties?: Record<string, Shape>
  additionalProperties?: Shape | boolean
  items?: Shape
  anyOf?: Shape[]
  oneOf?: Shape[]
}

function leaves(shape: Shape, path: string): string[] {
  const below: [string, Shape][] = [
    ...Object.entries(shape.properties ?? {}).map(([name, one]): [string, Shape] => [`${path}.${name}`, one]),
    ...(typeof shape.additionalProperties === 'object' && Object.keys(shape.additionalProperties).length > 0
      ? [[`${path}.*`, shape.additionalProperties] as [string, Shape]]
      : []),
    ...(shape.items ? [[path, shape.items] as [string, Shape]] : []),
    ...[...(shape.anyOf ?? []), ...(shape.oneOf ?? [])].map((one): [string, Shape] => [path, one]),
  ]
  const found = below.flatMap(([at, one]) => leaves(one, at))
  return found.length > 0 ? [...new Set(found)] : [path.replace(/^\./, '')]
}
