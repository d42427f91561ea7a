import * as z from 'zod'
import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import type { Finding } from './problems.ts'

const Text = z.string().optional().catch(undefined)
const Introspection = z.object({ url: Text }).catch({ url: undefined })
const Issuers = z
  .array(
    z
      .object({ issuer: Text, jwksUri: Text, introspection: Introspection })
      .catch({ issuer: undefined, jwksUri: undefined, introspection: { url: undefined } }),
  )
  .catch([])

/** The parts of `spec` that say whose tokens count, as far as their form is right. */
const Named = z
  .object({ api: z.object({ issuers: Issuers }).catch({ issuers: [] }), identity: Issuers })
  .catch({ api: { issuers: [] }, identity: [] })

/** What is wrong with the addresses at which issuers are asked for their keys: they are fetched, so they are checked as such. */
export function issuerFindings(spec: unknown, setting: FetchSetting): Finding[] {
  const { api, identity } = Named.parse(spec)
  const addresses = [
    ...api.issuers.flatMap(({ issuer, jwksUri, introspection }, index) => [
      { at: ['spec', 'api', 'issuers', index, 'issuer'], url: issuer },
      { at: ['spec', 'api', 'issuers', index, 'jwksUri'], url: jwksUri },
      { at: ['spec', 'api', 'issuers', index, 'introspection', 'url'], url: introspection.url },
    ]),
    ...identity.map(({ issuer }, index) => ({ at: ['spec', 'identity', index, 'issuer'], url: issuer })),
  ]
  return addresses.flatMap(({ at, url }) => {
    const reason = url === undefined ? undefined : unfetchable(url, setting)
    const remedy = 'Write the address as https://host[:port][/path]; http on loopback only in the local environment.'
    return reason ? [{ at, reason, remedy }] : []
  })
}
