import { BoundedMap } from '#core/bounded-map.ts'
import { Fault } from '#core/fault.ts'
import { keys } from '#core/keys.ts'
import type { Clock, Hosts, Log, Registry, RegistryStore } from '#core/ports.ts'
import { within } from '#core/within.ts'

/** Seconds as for entries (src/core/manifest/cached.ts): served as it is, served while it is read again, nothing there. */
const freshSeconds = 20
const staleSeconds = 30
const absentSeconds = 5
/** Hosts remembered at most, those of apps and others apart. */
const maxRemembered = 20_000
/** How long the registry may take. */
const readTimeoutMs = 2_000

export interface CachedHosts extends Hosts {
  /** Reads again which hosts are an app's, since what is remembered is known to be old. */
  renew(app: string): void
}

interface Remembered {
  readonly app: string | undefined
  readonly freshUntilMs: number
  readonly untilMs: number
}

/**
 * Which host is which app's, from this isolate's memory. A host that the registry gives to an app which no longer
 * lists it is asked for again after 5 s, so that another app can have it. A store that fails leaves things as they
 * were known; of a host that was never heard of nothing is then said.
 */
export function cachedHosts(
  store: Pick<RegistryStore, 'ownerOf'>,
  registry: Pick<Registry, 'find'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  background: (work: Promise<unknown>) => void,
): CachedHosts {
  const taken = new BoundedMap<string, Remembered>(maxRemembered)
  const free = new BoundedMap<string, Remembered>(maxRemembered)
  const refreshing = new Set<string>()

  return {
    find(host) {
      const nowMs = clock.now().getTime()
      const known = taken.get(host) ?? free.get(host)
      if (!known || nowMs >= known.untilMs) return refresh(host, known)
      if (nowMs >= known.freshUntilMs) refreshSoon(host, known)
      return known.app
    },

    renew(app) {
      for (const [host, known] of [...taken]) if (known.app === app) taken.set(host, { ...known, untilMs: 0 })
    },
  }

  function refreshSoon(host: string, known: Remembered): void {
    if (refreshing.has(host)) return
    refreshing.add(host)
    background(refresh(host, known).finally(() => refreshing.delete(host)))
  }

  async function refresh(host: string, last: Remembered | undefined): Promise<string | undefined> {
    try {
      const app = await within(readTimeoutMs, store.ownerOf(keys.host(host)))
      const isSure = app !== undefined && (await lists(app, host))
      return remember(host, app, isSure ? freshSeconds : absentSeconds, isSure ? staleSeconds : absentSeconds)
    } catch (error) {
      log.write('error', 'host-unread', { host, detail: String(error) })
      if (!last) throw new Fault('overloaded', `whose host ${host} is cannot be told: ${error}`)
      return remember(host, last.app, absentSeconds, absentSeconds)
    }
  }

  async function lists(app: string, host: string): Promise<boolean> {
    const lookup = await registry.find(app)
    return lookup.kind === 'found' && lookup.entry.manifest.spec.hosts.includes(host)
  }

  function remember(host: string, app: string | undefined, fresh: number, stale: number): string | undefined {
    const nowMs = clock.now().getTime()
    const [into, other] = app === undefined ? [free, taken] : [taken, free]
    other.delete(host)
    into.set(host, { app, freshUntilMs: nowMs + fresh * 1000, untilMs: nowMs + stale * 1000 })
    return app
  }
}
