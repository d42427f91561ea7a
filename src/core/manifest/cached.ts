import { isAppName } from '#core/names.ts'
import type { Clock, Log, Lookup, Registry, RegistryStore } from '#core/ports.ts'
import { within } from '#core/within.ts'
import { type Entry, openRevision, Pointer } from './entry.ts'
import { withMostShards } from './succession.ts'
import type { PointerTrust } from './trust.ts'

/** Seconds for which a remembered entry is served as it is, and until when it is served while it is refreshed. */
const freshSeconds = 20
const staleSeconds = 30
/** Seconds for which it is remembered that an app is not in the registry, or has nothing usable there. */
const absentSeconds = 5
/** Apps remembered at most, present and absent apart; beyond it the one read longest ago is forgotten. */
const maxRemembered = 20_000
/** How long a read may take before the last good entry serves instead. */
const readTimeoutMs = 2_000

export interface CachedRegistry extends Registry {
  /** Reads an app again before it is used next, since what is remembered is known to be old. */
  renew(app: string): void
}

interface Remembered {
  readonly lookup: Lookup
  readonly sequence: number
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
  const known = new Map<string, Remembered>()
  const absent = new Map<string, { readonly lookup: Lookup; readonly untilMs: number }>()
  const refreshing = new Set<string>()
  /** How often anything was renewed: what was read meanwhile may be old already. */
  let renewals = 0

  return {
    async find(app) {
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
    const { lookup, sequence } = await read(app, last)
    const nowMs = renewals === renewalsBefore ? clock.now().getTime() : Number.NEGATIVE_INFINITY
    if (lookup.kind === 'found') remember(known, app, { lookup, sequence, readAtMs: nowMs })
    if (lookup.kind === 'unknown') known.delete(app)
    if (lookup.kind === 'unknown' || (lookup.kind === 'invalid' && !last)) {
      remember(absent, app, { lookup, untilMs: nowMs + absentSeconds * 1000 })
    }
    if (lookup.kind !== 'invalid') return lookup

    log.write('error', 'entry-invalid', { app, detail: lookup.detail, served: last ? 'last good entry' : 'nothing' })
    if (last) remember(known, app, { ...last, readAtMs: nowMs })
    return last?.lookup ?? lookup
  }

  /** Revisions are immutable, so one whose digest is still in force is not read again. */
  async function read(app: string, last: Remembered | undefined): Promise<Omit<Remembered, 'readAtMs'>> {
    const invalid = (detail: string) => ({ lookup: { kind: 'invalid', detail }, sequence: 0 }) as const
    try {
      const { pointer: stored, highest } = await within(readTimeoutMs, store.newest(app))
      if (stored === undefined) return { lookup: { kind: 'unknown' }, sequence: 0 }
      const pointer = Pointer.safeParse(stored)
      if (!pointer.success) return invalid(`pointer of ${app} is malformed`)
      const { digest, expiresAt, publishedAt, sequence } = pointer.data
      const fault = await trust.fault(app, pointer.data, last ? Math.max(last.sequence, highest ?? 0) : highest)
      if (fault) return invalid(`pointer of ${app} ${fault}`)

      const entry = last?.lookup.kind === 'found' && last.lookup.entry.digest === digest ? last.lookup.entry : undefined
      const written =
        entry?.manifest ?? (await openRevision(app, digest, await within(readTimeoutMs, store.revision(app, digest))))
      if (typeof written === 'string') return invalid(written)
      if (trust.learnsSequences && highest !== undefined && sequence > highest) background(raise(app, sequence))
      const manifest = withMostShards(written, pointer.data)
      const found: Entry = { app, digest, manifest, expiresAt: new Date(expiresAt), publishedAt: new Date(publishedAt) }
      return { lookup: { kind: 'found', entry: found }, sequence }
    } catch (error) {
      return invalid(`the registry could not be read: ${error}`)
    }
  }
}

function remember<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.delete(key)
  memory.set(key, value)
  if (memory.size <= maxRemembered) return
  const oldest = memory.keys().next()
  if (!oldest.done) memory.delete(oldest.value)
}
