import { later } from '#core/later.ts'
import { onceFor } from '#core/once.ts'
import type { Clock, Counters, Log } from '#core/ports.ts'
import { Recent } from '#core/recent.ts'
import { LabelSets } from '#core/telemetry/label-sets.ts'
import { within } from '#core/within.ts'
import { type Allowance, allowanceOf } from './allowance.ts'
import { Lease, type Unused } from './lease.ts'
import { type Ask, type Counter, type Grant, maxLeaseMs, type RateRule } from './rate-rule.ts'

/** Where allowances are kept for all isolates. Whatever it throws or does not answer means that it is away. */
export interface RateStore {
  /** What to call it in counters. */
  readonly name: string
  take(counter: Counter, rule: RateRule, ask: Ask): Promise<Grant>
  /** Takes back units that were granted and not used. */
  back(counter: Counter, rule: RateRule, units: number, mark: number): Promise<void>
  /** How the allowance stands; takes nothing and writes nothing. */
  look(counter: Counter, rule: RateRule): Promise<Pick<Grant, 'remaining' | 'resetMs'>>
}

/** What to do while the store is away: let a part of the limit pass, judged in this isolate alone, or nothing. */
export type OnError = 'open' | 'closed'

/** What became of a request for units. */
export type Taking =
  | { readonly kind: 'granted'; readonly remaining: number; readonly resetMs: number }
  | { readonly kind: 'refused'; readonly remaining: number; readonly resetMs: number }
  /** The store is away, and the rule is closed then. */
  | { readonly kind: 'away' }

/** The limits of all apps, as one isolate decides them. */
export interface Rates {
  /** Takes units, from memory wherever possible; the store is waited for at most `storeTimeoutMs`. Never throws. */
  take(counter: Counter, rule: RateRule, units: number, onError: OnError): Taking | Promise<Taking>
  /** How a counter stood when this isolate last heard of it; `undefined` where that tells nothing of now. */
  recall(counter: Counter, rule: RateRule): { readonly remaining: number; readonly resetMs: number } | undefined
  /** Gives back what was just taken, because the request goes no further and must not count. */
  giveBack(counter: Counter, rule: RateRule, units: number): void
  /** What `take` would find, without taking anything: what the store has left, and what this isolate holds. Throws when the store is away. */
  look(counter: Counter, rule: RateRule): Promise<Pick<Grant, 'remaining' | 'resetMs'>>
}

/** How long a request waits for the store. */
export const storeTimeoutMs = 150

/** How long somebody waits who only looks. */
export const lookTimeoutMs = 5_000

/** The part of a limit that each isolate lets pass by itself while the store is away and `onError` is `open`. */
export const guardFraction = 0.25

/**
 * While so much of a rate is left, what a lease did not use of it is let go of, since returning it would ask the store
 * twice as often. What other isolates hold counts as gone, and so does the lease itself: all together they lose no more
 * than what is missing to the whole. A quota is exact.
 */
const ampleFraction = 0.97

/** A store that did not answer is not waited for again so soon. */
const awayMs = 1_000

/** Counters an isolate remembers for sure: those asked for last; at most twice as many. */
const maxRemembered = 20_000

const decisionLabels = new LabelSets('by', 'result')

/** One counter as this isolate knows it. */
interface Known {
  readonly lease: Lease
  awayUntilMs: number
  /** Decides by itself while the store is away. */
  guard?: { readonly allowance: Allowance; readonly limit: number }
  /** The end of the lease whose leftovers somebody is waiting to return. */
  returningAtMs: number
}

/** Limits by leases: an isolate takes part of an allowance and decides from memory until it is spent or over. */
export function leasedRates(
  store: RateStore,
  clock: Clock,
  counters: Pick<Counters, 'count'>,
  log: Log,
  background: (work: Promise<unknown>) => void,
): Rates {
  const known = new Recent<Known>(maxRemembered)
  const nowMs = () => clock.now().getTime()

  return {
    take(counter, rule, units, onError) {
      const here = remembered(counter)
      const atMs = nowMs()
      if (here.lease.take(units, atMs)) return counted(counter, 'memory', granted(here.lease, atMs))
      if (here.lease.isRefused(units, atMs)) return counted(counter, 'memory', refused(here.lease, atMs))
      if (atMs < here.awayUntilMs) return guarded(here, counter, rule, units, onError)
      return asked(here, counter, rule, units).then(answer =>
        answer ? counted(counter, 'store', answer) : guarded(here, counter, rule, units, onError),
      )
    },

    giveBack(counter, rule, units) {
      const here = remembered(counter)
      if (here.lease.putBack(units, nowMs())) returnLater(here, counter, rule)
    },

    recall: (counter, rule) => known.peek(nameOf(counter))?.lease.recall(rule, nowMs()),

    async look(counter, rule) {
      const lease = known.peek(nameOf(counter))?.lease
      const held = lease && nowMs() < lease.endMs ? lease.units : 0
      const { remaining, resetMs } = await within(lookTimeoutMs, store.look(counter, rule))
      return { remaining: remaining + held, resetMs }
    },
  }

  function counted({ app }: Counter, by: 'memory' | 'store', taking: Taking): Taking {
    counters.count(app, 'rate_decisions_total', decisionLabels.of(by, taking.kind))
    return taking
  }

  /** Asks the store; `undefined` when it is away. An answer that comes too late still fills the lease. */
  async function asked(here: Known, counter: Counter, rule: RateRule, units: number): Promise<Taking | undefined> {
    const { lease } = here
    const sentAtMs = nowMs()
    if (sentAtMs >= lease.endMs) returned(lease, counter, rule, lease.end())
    const ask = lease.ask(units)
    let isWaitedFor = true
    const work = store.take(counter, rule, ask).then(grant => {
      const isUsed = isWaitedFor && grant.units >= units
      here.awayUntilMs = 0
      returned(lease, counter, rule, lease.grant(grant, sentAtMs, isUsed ? units : 0, ask.isForAll))
      if (lease.units > 0) returnLater(here, counter, rule)
      if (grant.units < units) lease.refuse(units, sentAtMs + Math.min(grant.resetMs, grant.leaseMs, maxLeaseMs))
      return isUsed
    })
    try {
      const isUsed = await within(storeTimeoutMs, work)
      // another answer may have filled the lease meanwhile
      return isUsed || lease.take(units, nowMs()) ? granted(lease, nowMs()) : refused(lease, nowMs())
    } catch (error) {
      isWaitedFor = false
      lease.unanswered(ask.isForAll)
      const isNews = here.awayUntilMs < sentAtMs
      here.awayUntilMs = nowMs() + awayMs
      if (isNews) log.write('warn', 'rate-store-away', { app: counter.app, limit: counter.name, detail: String(error) })
      return undefined
    }
  }

  function guarded(here: Known, counter: Counter, rule: RateRule, units: number, onError: OnError): Taking {
    const taking = onError === 'open' ? guess(here, rule, units) : ({ kind: 'away' } as const)
    const result = taking.kind === 'away' ? 'closed' : taking.kind
    counters.count(counter.app, 'rate_store_away_total', { store: store.name, result })
    return taking
  }

  function guess(here: Known, rule: RateRule, units: number): Taking {
    const limit = Math.max(1, Math.floor(rule.limit * guardFraction))
    const atMs = nowMs()
    if (here.guard?.limit !== limit) here.guard = { limit, allowance: allowanceOf({ ...rule, limit }, atMs) }
    const { units: given, remaining, resetMs } = here.guard.allowance.take({ least: units, most: units }, atMs)
    return { kind: given > 0 ? 'granted' : 'refused', remaining, resetMs }
  }

  /** What the lease holds when its time is over goes back to the store, for other isolates to use. */
  function returnLater(here: Known, counter: Counter, rule: RateRule): void {
    const { lease } = here
    const { endMs } = lease
    if (here.returningAtMs === endMs || isAmple(lease, rule)) return
    here.returningAtMs = endMs
    background(
      later(Math.max(0, endMs - nowMs())).then(() => {
        if (lease.endMs === endMs) returned(lease, counter, rule, lease.end())
      }),
    )
  }

  function returned(lease: Lease, counter: Counter, rule: RateRule, unused: Unused | undefined): void {
    if (unused && !isAmple(lease, rule))
      background(store.back(counter, rule, unused.units, unused.mark).catch(() => {}))
  }

  function remembered(counter: Counter): Known {
    return known.get(nameOf(counter), nobodyHere)
  }
}

function nobodyHere(): Known {
  return { lease: new Lease(), awayUntilMs: 0, returningAtMs: 0 }
}

function isAmple(lease: Lease, rule: RateRule): boolean {
  return rule.kind !== 'calendar' && lease.unclaimed >= rule.limit * ampleFraction
}

/** Names of counters that come again as the same object, as those of a caller do. */
const nameOf = onceFor(({ app, name, subject }: Counter) => `${app}\n${name}\n${subject}`)

function granted(lease: Lease, atMs: number): Taking {
  return { kind: 'granted', remaining: lease.remaining, resetMs: lease.resetMs(atMs) }
}

function refused(lease: Lease, atMs: number): Taking {
  return { kind: 'refused', remaining: lease.remaining, resetMs: lease.resetMs(atMs) }
}
