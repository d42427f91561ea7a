import { later } from '#core/later.ts'
import { isAppName } from '#core/names.ts'
import type { Clock, Log } from '#core/ports.ts'

/** An app that somebody has called and that nobody has published. */
export interface Discovery {
  readonly app: string
  readonly requests: number
  /** RFC 3339, UTC. */
  readonly firstAt: string
  readonly lastAt: string
}

/** Apps that are not in the registry and are called all the same. */
export interface Discoveries {
  /** Remembers that an app was called; a name that no app can have is nobody's app. */
  note(app: string): void
  /** The apps of all isolates, the one called last first. */
  list(): Promise<readonly Discovery[]>
}

/** What keeps the discoveries of all isolates. */
export interface DiscoveryStore {
  addDiscoveries(requests: Readonly<Record<string, number>>, nowMs: number): Promise<void>
  discoveries(): Promise<readonly Discovery[]>
}

/** Names kept at most; past it the one called longest ago is forgotten, so that made-up names fill nothing. */
export const maxDiscoveries = 1_000
/** Names that an isolate gathers at most, and for how long, before it hands them over. */
const gatheredAtMost = 200
const gatherMs = 2_000

/** Discoveries that gather in this isolate's memory and are handed over in the background. */
export function gatheredDiscoveries(
  store: DiscoveryStore,
  clock: Clock,
  log: Log,
  background: (work: Promise<unknown>) => void,
): Discoveries {
  let gathered = new Map<string, number>()
  /** A promise made in a request may be cut off with it, so an overdue one is made again. */
  let dueMs = Number.NEGATIVE_INFINITY

  return {
    note(app) {
      if (!isAppName(app)) return
      if (!gathered.has(app) && gathered.size >= gatheredAtMost) return
      gathered.set(app, (gathered.get(app) ?? 0) + 1)
      const nowMs = clock.now().getTime()
      if (dueMs > nowMs - gatherMs) return
      dueMs = nowMs + gatherMs
      background(later(gatherMs).then(handOver))
    },

    async list() {
      await handOver()
      return store.discoveries()
    },
  }

  async function handOver(): Promise<void> {
    const requests = Object.fromEntries(gathered)
    gathered = new Map()
    dueMs = Number.NEGATIVE_INFINITY
    if (Object.keys(requests).length === 0) return
    try {
      await store.addDiscoveries(requests, clock.now().getTime())
    } catch (error) {
      log.write('warn', 'discoveries-lost', { names: Object.keys(requests).length, detail: String(error) })
    }
  }
}
