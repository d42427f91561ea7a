import type { FetchSetting } from '#core/egress/fetchable.ts'
import { Recent } from '#core/recent.ts'
import { hostIn, isHostName } from './name.ts'

/** Origins of which it is remembered whether an app may have their host, and how long such an origin may be. */
const remembered = 1_000
const rememberedCharacters = 100

/**
 * Tells of a request's URL the host that an app may have for its own; `undefined` where it cannot: at the
 * gateway's own hosts, at an IP address, at a name of one label.
 *
 * @param origins where the gateway is known to be reached; a URL that begins with one of them costs nothing
 */
export function hostAsked({ ownHosts }: FetchSetting, origins: readonly string[]): (url: string) => string | undefined {
  const own = new Set(ownHosts.map(host => hostIn(`http://${host}`)))
  const known = new Recent<{ readonly host: string | undefined }>(remembered)
  const prefixes = origins.map(origin => `${origin}/`)
  return url => {
    for (const prefix of prefixes) if (url.startsWith(prefix)) return undefined
    const endAt = url.indexOf('/', url.indexOf('://') + 3)
    const origin = endAt === -1 ? url : url.slice(0, endAt)
    return (origin.length > rememberedCharacters ? looked(origin) : known.get(origin, looked)).host
  }

  function looked(origin: string): { readonly host: string | undefined } {
    const host = hostIn(origin)
    return { host: isHostName(host) && !own.has(host) ? host : undefined }
  }
}
