import type { FetchSetting } from '#core/egress/fetchable.ts'
import { notPublic } from '#core/egress/written-url.ts'
import type { Finding } from '#core/manifest/problems.ts'
import { isHostName, isLocalName } from './name.ts'

interface Parts {
  readonly hosts?: unknown
  readonly api?: unknown
  readonly upstreams: readonly { readonly url?: string | undefined }[]
}

/** What is wrong with the hosts of a manifest besides their form, which the schema tells. */
export function hostFindings({ hosts, api, upstreams }: Parts, setting: FetchSetting): Finding[] {
  const named: readonly unknown[] = Array.isArray(hosts) ? hosts : []
  const wrong = named.flatMap((host, index): Finding[] => {
    const found = typeof host === 'string' && isHostName(host) ? misuse(host, setting) : undefined
    return found ? [{ at: ['spec', 'hosts', index], ...found }] : []
  })
  const circles = upstreams.flatMap(({ url }, index): Finding[] => {
    const host = URL.parse(url ?? '')?.hostname
    if (host === undefined || !named.includes(host)) return []
    const reason = 'is one of `hosts`: requests would come back to the gateway'
    return [{ at: ['spec', 'upstreams', index, 'url'], reason, remedy: 'Write where the app really lives.' }]
  })
  if (named.length === 0 || api !== undefined) return [...wrong, ...circles]
  const reason = 'lead nowhere: the manifest has no `api`'
  return [...wrong, ...circles, { at: ['spec', 'hosts'], reason, remedy: 'Add `api` with routes, or remove `hosts`.' }]
}

function misuse(host: string, { isLocal, ownHosts }: FetchSetting): Omit<Finding, 'at'> | undefined {
  if (ownHosts.some(own => URL.parse(`http://${own}`)?.hostname === host))
    return { reason: "is the gateway's own host", remedy: 'Give the app a host of its own.' }
  if (isLocal && isLocalName(host)) return undefined
  const reason = notPublic(host)
  if (reason === undefined) return undefined
  return { reason, remedy: 'Write a name of the public DNS; names of localhost only in the local environment.' }
}
