import { notPublic, readUrl } from './written-url.ts'

/** Where a URL would be fetched from, as far as its safety depends on it. */
export interface FetchSetting {
  /** Only on one machine may an upstream be `http://` on loopback. */
  readonly isLocal: boolean
  /** The gateway's own hosts, with port where one is written: never fetched. */
  readonly ownHosts: readonly string[]
}

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** Why the gateway must not fetch a URL of a manifest or of an issuer, or `undefined` when it may. */
export function unfetchable(text: string, { isLocal, ownHosts }: FetchSetting): string | undefined {
  const url = readUrl(text)
  if (typeof url === 'string') return url
  if (ownHosts.includes(url.host)) return "is the gateway's own address"
  if (isLocal && loopback.includes(url.hostname)) return undefined
  return url.protocol === 'https:' ? notPublic(url.hostname) : 'must be https'
}
