import type { FetchSetting } from './fetchable.ts'
import { type JudgedPath, judgePath } from './target-path.ts'
import { notPublic, readUrl } from './written-url.ts'

/** Where an app wants to go. One parsed URL, without fragment: it is matched, given its credential, logged and fetched. */
export interface Target {
  readonly url: URL
  /** The labels of the host, the last one first. */
  readonly labels: readonly string[]
  readonly port: number
  /** The path as rules are held against it. */
  readonly path: JudgedPath
}

/**
 * Reads the URL that an app asks for. It is refused, not repaired; `http://localhost` is read only in the
 * `local` environment, and passes there only by a rule that says so.
 *
 * @returns the target, or why it is none
 */
export function readTarget(text: string, { isLocal, ownHosts }: FetchSetting): Target | string {
  const url = readUrl(text)
  if (typeof url === 'string') return url
  if (ownHosts.includes(url.host)) return "is the gateway's own address"
  const isLocalhost = isLocal && url.protocol === 'http:' && url.hostname === 'localhost'
  const refusal = isLocalhost ? undefined : url.protocol === 'https:' ? notPublic(url.hostname) : 'must be https'
  if (refusal) return refusal
  url.hash = ''
  return { url, labels: url.hostname.split('.').reverse(), port: portOf(url), path: judgePath(url.pathname) }
}

/** The port that a URL is fetched from. */
export function portOf({ port, protocol }: URL): number {
  if (port) return Number(port)
  return protocol === 'http:' ? 80 : 443
}
