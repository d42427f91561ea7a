import canonicalize from 'canonicalize'
import type { Manifest } from '#core/manifest/schema.ts'
import type { Row } from './difference.ts'
import { wayTo } from './egress.ts'
import { atMost, guardsAt, guardsOf } from './guards.ts'

/** How far a stage lets an app go. */
const reach: Record<Manifest['spec']['lifecycle']['stage'], number> = {
  decommission: 0,
  prototype: 1,
  sandbox: 2,
  validated: 3,
  maintenance: 4,
  production: 5,
}

/** Where payloads may be, where the app stands, and how long. */
export const standingRows: readonly Row[] = [
  {
    area: 'residency',
    opens({ spec, other }) {
      const known = other.residency?.regions ?? []
      return (spec.residency?.regions ?? ['any', ...known]).map(region => `payloads in the region ${region}`)
    },
  },
  {
    area: 'residency',
    opens: ({ spec: { residency } }) => (residency?.by ? [`a region told by ${canonicalize(residency.by)}`] : []),
  },
  {
    area: 'residency',
    guards: ({ ways }) =>
      guardsOf(ways, wayTo, ({ region }) => (region ? [{ name: `kept in the region ${region}`, level: 1 }] : [])),
  },
  {
    area: 'upstreams',
    opens: ({ spec }) =>
      spec.upstreams.map(({ name, url, region }) => `payloads to ${url} (${name}${region ? `, ${region}` : ''})`),
  },
  {
    area: 'lifecycle',
    guards: ({ spec: { lifecycle } }) =>
      guardsAt('the app', [
        { name: 'stage', level: -reach[lifecycle.stage], shown: lifecycle.stage },
        ...atMost('days to live', lifecycle.expiresAt ? undefined : (lifecycle.ttlDays ?? 60)),
        ...(lifecycle.expiresAt
          ? [{ name: 'ends', level: -Date.parse(lifecycle.expiresAt), shown: lifecycle.expiresAt }]
          : []),
      ]),
  },
]
