import { BoundedMap } from '#core/bounded-map.ts'
import type { BreakerTerms } from '#core/delivery/breaker.ts'
import { TokenBucket } from '#core/delivery/token-bucket.ts'
import { later } from '#core/later.ts'
import { lookTimeoutMs } from '#core/limits/rates.ts'
import type { Entry } from '#core/manifest/entry.ts'
import type { Clock, Counters, Log, Standings } from '#core/ports.ts'
import { within } from '#core/within.ts'
import { isDown, Judge, type Judgement, type Report, type Standing } from './judge.ts'
import { none, OutcomeWindow, type Tally } from './window.ts'

/** Outcomes wait so long before they are told: where nothing failed and no canary is out there is no haste. */
const hastyMs = 1_000
const easyMs = 10_000
/** How long a report that decides something is waited for; after that this isolate decides alone. */
const reportTimeoutMs = 300
/** What was heard so long ago is asked again before a canary is trusted. */
const trustedMs = 5_000
/** A probe that has not ended by then is taken for lost. */
const probeMs = 30_000
/** Retries may be this share of requests, and this many a second on top, saved up to a burst; of this isolate alone. */
const retryShare = 0.2
const retriesPerSecond = 1
const retryBurst = 10
/** Apps remembered at most; beyond it the one remembered longest is forgotten. */
const maxApps = 20_000

/** Where all isolates' reports come together: one judge for each app. */
export interface Court {
  hear(app: string, report: Report, nowMs: number): Promise<Judgement>
  standing(app: string): Promise<Standing>
}

interface Known {
  standing: Standing
  heardAtMs: number
  reportDueMs: number
  readonly pending: Map<string, Tally>
  /** What this isolate alone has seen, to notice when a report would decide something. */
  readonly own: Map<string, OutcomeWindow>
  readonly probes: Map<string, number>
  readonly retries: Map<string, TokenBucket>
  /** Judges in place of the court while that does not answer. */
  readonly judge: Judge
}

/**
 * How upstreams stand, as this isolate knows it: from memory, kept current by what it reports. A report goes
 * out in the background; only one that may change the standing is waited for, so that a burst of failures is
 * the last one. A promise made in a request may be cut off with it, so an overdue one is made again.
 */
export function sharedStandings(
  court: Court,
  clock: Clock,
  counters: Counters,
  log: Log,
  background: (work: Promise<unknown>) => void,
  timeoutMs = reportTimeoutMs,
): Standings {
  const known = new BoundedMap<string, Known>(maxApps)

  return {
    waitMs({ app }, upstream) {
      const own = of(app)
      const openUntilMs = own.standing.openUntilMs[upstream] ?? 0
      if (openUntilMs === 0) return 0
      const nowMs = clock.now().getTime()
      if (nowMs < openUntilMs) return openUntilMs - nowMs
      const probingUntilMs = own.probes.get(upstream) ?? 0
      if (nowMs < probingUntilMs) return 1_000
      own.probes.set(upstream, nowMs + probeMs)
      return 0
    },

    takeRetry({ app }, upstream) {
      const own = of(app)
      const nowMs = clock.now().getTime()
      const budget = retriesOf(own, upstream, nowMs)
      if (own.standing.openUntilMs[upstream] !== undefined || budget.available(nowMs) < 1) return false
      budget.take(1)
      return true
    },

    async isCalledOff(entry) {
      const own = of(entry.app)
      if (clock.now().getTime() - own.heardAtMs > trustedMs) await report(entry)
      return of(entry.app).standing.calledOff === entry.digest
    },

    kept: app => within(lookTimeoutMs, court.standing(app)),

    note(entry, upstream, isFailure) {
      const own = of(entry.app)
      const nowMs = clock.now().getTime()
      const tally = { attempts: 1, failures: isFailure ? 1 : 0 }
      const told = own.pending.get(upstream) ?? none
      own.pending.set(upstream, { attempts: told.attempts + 1, failures: told.failures + tally.failures })
      if (!isFailure) own.retries.get(upstream)?.add(retryShare)
      const window = own.own.get(upstream) ?? new OutcomeWindow()
      own.own.set(upstream, window)
      window.add(tally, nowMs)

      const { breaker, rollout } = entry.manifest.spec
      const isProbe = own.probes.delete(upstream)
      if (isProbe || (isFailure && mayDecide(window.sum(breaker.windowSeconds, nowMs), entry, upstream))) {
        window.clear()
        return report(entry)
      }
      const waitMs = isFailure || rollout?.canary.abortMarginPercent !== undefined ? hastyMs : easyMs
      const isPromised = own.reportDueMs <= nowMs + waitMs && own.reportDueMs > nowMs - hastyMs
      if (isPromised) return undefined
      own.reportDueMs = nowMs + waitMs
      background(later(waitMs).then(() => (own.pending.size > 0 ? report(entry) : undefined)))
      return undefined
    },
  }

  function of(app: string): Known {
    const found = known.get(app)
    if (found) return found
    const fresh: Known = {
      standing: { openUntilMs: {} },
      heardAtMs: Number.NEGATIVE_INFINITY,
      reportDueMs: Number.NEGATIVE_INFINITY,
      pending: new Map(),
      own: new Map(),
      probes: new Map(),
      retries: new Map(),
      judge: new Judge(),
    }
    known.set(app, fresh)
    return fresh
  }

  async function report(entry: Entry): Promise<void> {
    const { app, digest, manifest } = entry
    const own = of(app)
    const outcomes = Object.fromEntries(own.pending)
    own.pending.clear()
    own.reportDueMs = Number.NEGATIVE_INFINITY
    const marginPercent = manifest.spec.rollout?.canary.abortMarginPercent
    const told: Report = {
      outcomes,
      breaker: manifest.spec.breaker,
      ...(marginPercent !== undefined && { canary: { digest, marginPercent } }),
    }
    const nowMs = clock.now().getTime()
    const { standing, changes } = await judged(app, told, own, nowMs)
    if (nowMs >= own.heardAtMs) {
      own.standing = standing
      own.heardAtMs = nowMs
    }
    for (const { kind, ...facts } of changes) {
      counters.count(app, 'upstream_changes_total', { change: kind, ...('upstream' in facts && facts) })
      log.write(kind === 'closed' ? 'info' : 'warn', 'upstream', { app, change: kind, ...facts })
    }
  }

  /** Without the court an isolate goes by what it sees itself. */
  async function judged(app: string, told: Report, own: Known, nowMs: number): Promise<Judgement> {
    try {
      return await within(timeoutMs, court.hear(app, told, nowMs))
    } catch (error) {
      counters.count(app, 'standing_unheard_total')
      log.write('warn', 'standing-unheard', { app, detail: String(error) })
      return own.judge.hear(told, nowMs)
    }
  }
}

/** Whether what one isolate has seen is enough to close an upstream, or to call the canary off. */
function mayDecide(seen: Tally, { manifest }: Entry, upstream: string): boolean {
  const { breaker, rollout } = manifest.spec
  const margin = upstream.startsWith('canary') ? rollout?.canary.abortMarginPercent : undefined
  const terms: BreakerTerms = { ...breaker, failurePercent: Math.min(breaker.failurePercent, margin ?? 100) }
  return isDown(seen, terms)
}

function retriesOf({ retries }: Known, upstream: string, nowMs: number): TokenBucket {
  const budget = retries.get(upstream) ?? new TokenBucket(retriesPerSecond, retryBurst, nowMs)
  retries.set(upstream, budget)
  return budget
}
