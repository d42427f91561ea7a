import canonicalize from 'canonicalize'
import type { Area, Opening, Row } from './difference.ts'
import type { Side } from './side.ts'

/** The area of a policy that a manifest weakens; `checks` for the rest. */
const areaOf: Readonly<Record<string, Area>> = {
  allowList: 'egress',
  modelGuards: 'egress',
  piiMasking: 'masking',
  rateLimit: 'limits',
  wayRate: 'limits',
  wayConcurrency: 'limits',
  concurrency: 'limits',
  quota: 'limits',
  budget: 'limits',
}
const modes = { enforce: 2, shadow: 1, off: 0 }

/** What payloads must be, which policies bind, and whose keys count. */
export const checkRows: readonly Row[] = [
  ...(['egress', 'masking', 'limits', 'checks'] as const).map(area => ({
    area,
    guards: ({ spec, other }: Side) =>
      [...Object.keys(spec.policies), ...Object.keys(other.policies)]
        .filter(name => (areaOf[name] ?? 'checks') === area)
        .map(name => {
          const mode = spec.policies[name]?.mode ?? 'enforce'
          return { at: 'policies', name, level: modes[mode], shown: mode }
        }),
  })),
  {
    area: 'checks',
    opens: ({ spec, other }) =>
      Object.entries(spec.webhooks).flatMap(([name, { schema, when }]) => {
        const same = other.webhooks[name]
        return [
          ...fitting(`payloads of ${name} that fit`, 'schema', schema, same?.schema),
          ...fitting(`events of ${name} that pass`, 'filter', when, same?.when),
        ]
      }),
  },
  {
    area: 'checks',
    opens: ({ routes, facing }) =>
      routes.flatMap(({ name, decided }) => {
        const same = facing(name)?.decided ?? []
        const shapes = (key: 'schema' | 'responseSchema', what: string) =>
          decided.flatMap((route, at) => fitting(`${what} ${name} that fit`, 'schema', route[key], same[at]?.[key]))
        return [...shapes('schema', 'calls of'), ...shapes('responseSchema', 'answers to')]
      }),
  },
  {
    area: 'checks',
    opens: ({ spec, other }) =>
      fitting('calls and answers that fit', 'contract', spec.api?.openapi, other.api?.openapi),
  },
  {
    area: 'keys',
    opens: ({ spec: { webhooks, signing, api } }) => [
      ...Object.entries(webhooks).flatMap(([name, { secrets }]) =>
        secrets.map(secret => `the secret ${secret} signing webhooks of ${name}`),
      ),
      ...(signing?.secrets ?? []).map(secret => `the secret ${secret} signing deliveries`),
      ...(api?.issuers ?? []).flatMap(({ issuer, introspection }) =>
        introspection ? [`the secret ${introspection.secret} asking ${issuer}`] : [],
      ),
    ],
  },
]

/** Where a shape is absent, anything passes that the other manifest's would let pass. Two shapes are not compared. */
function fitting(what: string, kind: string, own: unknown, other: unknown): Opening[] {
  const opening = (shape: unknown): Opening => ({
    key: `${what} ${kind} ${canonicalize(shape)}`,
    what: `${what} a ${kind} that is new`,
  })
  if (own !== undefined) return [opening(own)]
  return [{ key: `${what} any`, what: `${what} no ${kind}` }, ...(other === undefined ? [] : [opening(other)])]
}
