import { BoundedMap } from '#core/bounded-map.ts'
import { isAppName } from '#core/names.ts'
import type { Clock, Log, Lookup, Registry, RegistryStore } from '#core/ports.ts'
import { type Found, lookUp } from './lookup.ts'
import type { PointerTrust } from './trust.ts'

/** Seconds for which a remembered entry is served as it is, and until when it is served while it is refreshed. */
const freshSeconds = 20
const staleSeconds = 30
/** Seconds for which it is remembered that an app is not in the registry, or has nothing usable there. */
const absentSeconds = 5
/** Apps remembered at most, present and absent apart; beyond it the one read longest ago is forgotten. */
const maxRemembered = 20_000

export interface CachedRegistry extends Registry {
  /** Reads an app again before it is used next, since what is remembered is known to be old. */
  renew(app: string): void
}

interface Remembered extends Found {
  readonly readAtMs: number
}

/**
 * The registry as the hot path sees it: this isolate's memory. An entry is refreshed in the background
 * before it turns 30 s old, and waited for when it is older. A store that fails, or an entry that cannot
 * be used, never takes an app down that was up: the last good entry stays, and the fault is logged.
 */
export function cachedRegistry(
  store: Pick<RegistryStore, 'newest' | 'revision'>,
  trust: PointerTrust,
  clock: Clock,
  log: Log,
  background: (work: Promise<unknown>) => void,
  raise: (app: string, sequence: number) => Promise<unknown> = async () => {},
): CachedRegistry {
  const known = new BoundedMap<string, Remembered>(maxRemembered)
  const absent = new BoundedMap<string, { readonly lookup: Lookup; readonly untilMs: number }>(maxRemembered)
  const refreshing = new Set<string>()
  /** How often anything was renewed: what was read meanwhile may be old already. */
  let renewals = 0

  return {
    find(app) {
      if (!isAppName(app)) return { kind: 'unknown' }
      const nowMs = clock.now().getTime()
      const remembered = known.get(app)
      if (remembered) {
        const ageSeconds = (nowMs - remembered.readAtMs) / 1000
        if (ageSeconds >= 0 && ageSeconds < staleSeconds) {
          if (ageSeconds >= freshSeconds) refreshSoon(app)
          return remembered.lookup
        }
      }
      const missed = absent.get(app)
      return missed && nowMs < missed.untilMs ? missed.lookup : refresh(app)
    },

    remembers: app => known.has(app),

    renew(app) {
      renewals += 1
      absent.delete(app)
      const remembered = known.get(app)
      if (remembered) known.set(app, { ...remembered, readAtMs: Number.NEGATIVE_INFINITY })
    },
  }

  function refreshSoon(app: string): void {
    if (refreshing.has(app)) return
    refreshing.add(app)
    background(refresh(app).finally(() => refreshing.delete(app)))
  }

  async function refresh(app: string): Promise<Lookup> {
    const last = known.get(app)
    const renewalsBefore = renewals
    const { lookup, sequence } = await lookUp(app, store, trust, last, (...higher) => background(raise(...higher)))
    const nowMs = renewals === renewalsBefore ? clock.now().getTime() : Number.NEGATIVE_INFINITY
    if (lookup.kind === 'found') known.set(app, { lookup, sequence, readAtMs: nowMs })
    if (lookup.kind === 'unknown') known.delete(app)
    if (lookup.kind === 'unknown' || (lookup.kind === 'invalid' && !last)) {
      absent.set(app, { lookup, untilMs: nowMs + absentSeconds * 1000 })
    }
    if (lookup.kind !== 'invalid') return lookup

    log.write('error', 'entry-invalid', { app, detail: lookup.detail, served: last ? 'last good entry' : 'nothing' })
    if (last) known.set(app, { ...last, readAtMs: nowMs })
    return last?.lookup ?? lookup
  }
}
