import type { Clock, Counters, Log } from '#core/ports.ts'
import { within } from '#core/within.ts'
import { guardFraction, lookTimeoutMs, type OnError, storeTimeoutMs } from './rates.ts'
import { type Holding, slotLeaseMs } from './slot-table.ts'

/** Where the slots of all isolates are counted. Whatever it throws or does not answer means that it is away. */
export interface SlotStore {
  hold(app: string, holder: string, sequence: number, wanted: number, limit: number): Promise<Holding>
}

export type Entering =
  /** `leave` gives the slot back; calling it again does nothing. */
  | { readonly kind: 'entered'; readonly free: number; readonly leave: () => void }
  | { readonly kind: 'full' }
  /** The store is away, and the limit is closed then. */
  | { readonly kind: 'away' }

/** How many requests of an app are under way at once, over all isolates. */
export interface Slots {
  /**
   * Takes a slot for one request. Never throws.
   *
   * @param pool the app, or `<app> <part>` for slots of a part of it
   */
  enter(pool: string, limit: number, onError: OnError): Promise<Entering>
  /** How many slots a request from here would find free; takes none. Throws when the store is away. */
  look(pool: string, limit: number): Promise<number>
  /** How many were free when this isolate last heard; `undefined` where it has not lately. */
  recall(pool: string): number | undefined
}

/** How often an isolate says that it still holds its slots while a request of its own is under way. */
const renewEveryMs = slotLeaseMs / 3

/** The slots of one app as this isolate knows them. */
interface Known {
  /** A request that does not say for a whole lease that it is under way is gone: its caller left unnoticed. */
  readonly inside: Set<{ aliveMs: number }>
  waiting: number
  held: number
  free: number
  untilMs: number
  sentAtMs: number
  sequence: number
  answered: number
}

/**
 * Slots by leases: an isolate keeps a twentieth of the limit at hand, and otherwise holds exactly what its
 * requests use. What a crashed isolate held is free again after 30 s.
 */
export function leasedSlots(
  store: SlotStore,
  { clock, log, counters }: { readonly clock: Clock; readonly log: Log; readonly counters: Pick<Counters, 'count'> },
  background: (work: Promise<unknown>) => void,
): Slots {
  /** Named with the first request: while it loads, a Worker has no random values. */
  let holder: string | undefined
  const known = new Map<string, Known>()
  const nowMs = () => clock.now().getTime()

  return {
    async enter(app, limit, onError) {
      const here = known.get(app) ?? fresh()
      known.set(app, here)
      for (const slot of here.inside) if (nowMs() - slot.aliveMs >= slotLeaseMs) here.inside.delete(slot)
      if (here.inside.size < here.held && nowMs() < here.untilMs) return entered(app, here, limit)
      here.waiting += 1
      try {
        await within(storeTimeoutMs, hold(app, here, limit))
      } catch (error) {
        return guarded(app, here, limit, onError, error)
      } finally {
        here.waiting -= 1
      }
      return here.inside.size < here.held ? entered(app, here, limit) : { kind: 'full' }
    },

    recall(pool) {
      const here = known.get(pool)
      return here && nowMs() < here.untilMs ? freeIn(here) : undefined
    },

    async look(pool, limit) {
      const here = known.get(pool)
      const held = here && nowMs() < here.untilMs ? here.held - here.inside.size : 0
      // who holds nothing and wants nothing leaves no trace
      const { free } = await within(lookTimeoutMs, store.hold(pool, 'nobody', 0, 0, limit))
      return free + held
    },
  }

  /** Says how many slots are wanted in all. The newest answer counts. */
  async function hold(app: string, here: Known, limit: number): Promise<void> {
    here.sequence += 1
    const { sequence } = here
    const sentAtMs = nowMs()
    here.sentAtMs = sentAtMs
    const wanted = wantedOf(here, limit)
    // what is given up is given up at once, so that nobody enters on it while the message is on its way
    here.held = Math.min(here.held, wanted)
    holder ??= crypto.randomUUID()
    const { slots, free } = await store.hold(app, holder, sequence, wanted, limit)
    if (sequence < here.answered) return
    here.answered = sequence
    here.held = sequence === here.sequence ? slots : Math.min(slots, wantedOf(here, limit))
    here.free = free
    here.untilMs = sentAtMs + slotLeaseMs
  }

  function entered(app: string, here: Known, limit: number): Entering {
    const slot = { aliveMs: nowMs() }
    here.inside.add(slot)
    const gone = Promise.withResolvers<void>()
    background(renewed(app, here, limit, slot, gone.promise))
    const leave = () => {
      gone.resolve()
      if (!here.inside.delete(slot)) return
      if (here.held > wantedOf(here, limit)) background(hold(app, here, limit).catch(() => {}))
    }
    return { kind: 'entered', free: freeIn(here), leave }
  }

  /** Keeps the lease alive for as long as the request is under way. */
  async function renewed(
    app: string,
    here: Known,
    limit: number,
    slot: { aliveMs: number },
    gone: Promise<void>,
  ): Promise<void> {
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const tick = new Promise<'tick'>(resolve => {
        timer = setTimeout(() => resolve('tick'), renewEveryMs)
      })
      const ended = await Promise.race([gone, tick])
      clearTimeout(timer)
      if (ended !== 'tick') return
      slot.aliveMs = nowMs()
      if (nowMs() - here.sentAtMs >= renewEveryMs / 2) await hold(app, here, limit).catch(() => {})
    }
  }

  function guarded(pool: string, here: Known, limit: number, onError: OnError, error: unknown): Entering {
    const [app = ''] = pool.split(' ')
    const isOpen = onError === 'open' && here.inside.size < Math.max(1, Math.floor(limit * guardFraction))
    const result = isOpen ? 'granted' : onError === 'open' ? 'refused' : 'closed'
    counters.count(app, 'rate_store_away_total', { store: 'slots', result })
    log.write('warn', 'slot-store-away', { app, result, detail: String(error) })
    if (isOpen) return entered(pool, here, limit)
    return onError === 'open' ? { kind: 'full' } : { kind: 'away' }
  }
}

function freeIn({ free, held, inside }: Known): number {
  return free + held - inside.size
}

function fresh(): Known {
  return { inside: new Set(), waiting: 0, held: 0, free: 0, untilMs: 0, sentAtMs: 0, sequence: 0, answered: 0 }
}

function wantedOf({ inside, waiting }: Known, limit: number): number {
  const busy = inside.size + waiting
  return busy === 0 ? 0 : Math.min(limit, busy + Math.floor(limit / 20))
}
