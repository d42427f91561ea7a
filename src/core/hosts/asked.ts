import type { FetchSetting } from '#core/egress/fetchable.ts'
import { hostIn, isHostName } from './name.ts'

/**
 * Tells of a request's URL the host that an app may have for its own; `undefined` where it cannot: at the
 * gateway's own hosts, at an IP address, at a name of one label.
 *
 * @param origins where the gateway is known to be reached; a URL that begins with one of them costs nothing
 */
export function hostAsked({ ownHosts }: FetchSetting, origins: readonly string[]): (url: string) => string | undefined {
  const own = new Set(ownHosts.map(host => hostIn(`http://${host}`)))
  const prefixes = origins.map(origin => `${origin}/`)
  return url => {
    for (const prefix of prefixes) if (url.startsWith(prefix)) return undefined
    const host = hostIn(url)
    return isHostName(host) && !own.has(host) ? host : undefined
  }
}
