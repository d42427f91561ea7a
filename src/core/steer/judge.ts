import type { BreakerTerms } from '#core/delivery/breaker.ts'
import { failurePercent, none, OutcomeWindow, type Tally } from './window.ts'

/** How an app's upstreams stand, as far as that decides where requests go. */
export interface Standing {
  /** Until when each upstream is left alone, in ms since 1970, by its key. One that is not named is up. */
  readonly openUntilMs: Readonly<Record<string, number>>
  /** The digest of the manifest whose canary was called off. */
  readonly calledOff?: string
}

/** What an isolate has seen since it last told, and by which terms it is judged. */
export interface Report {
  /** By the upstream's key. */
  readonly outcomes: Readonly<Record<string, Tally>>
  readonly breaker: BreakerTerms
  readonly canary?: { readonly digest: string; readonly marginPercent: number }
}

/** What a report has changed. */
export type Change =
  | { readonly kind: 'opened' | 'closed'; readonly upstream: string }
  | { readonly kind: 'called-off'; readonly canaryPercent: number; readonly stablePercent: number }

export interface Judgement {
  readonly standing: Standing
  readonly changes: readonly Change[]
}

/** The key of an upstream: its name, and its region where it has one. */
export function upstreamKey({ name, region }: { readonly name: string; readonly region?: string | undefined }): string {
  return region === undefined ? name : `${name}@${region}`
}

/**
 * Decides for one app, from what all isolates report, which upstream is left alone (a circuit breaker:
 * Nygard, "Release It!") and whether the canary is called off. An open breaker is half-open once its time
 * is over: the next outcome closes it or opens it again. Pure: time comes in, nothing goes out.
 */
export class Judge {
  #standing: Standing
  readonly #breakers = new Map<string, OutcomeWindow>()
  readonly #releases = new Map<string, OutcomeWindow>()

  constructor(standing: Standing = { openUntilMs: {} }) {
    this.#standing = standing
  }

  get standing(): Standing {
    return this.#standing
  }

  hear({ outcomes, breaker, canary }: Report, nowMs: number): Judgement {
    const changes: Change[] = []
    for (const [upstream, tally] of Object.entries(outcomes)) {
      if (tally.attempts === 0) continue
      const kind = this.#break(upstream, tally, breaker, nowMs)
      if (kind) changes.push({ kind, upstream })
      windowOf(this.#releases, upstream.split('@')[0] ?? upstream).add(tally, nowMs)
    }
    if (canary && this.#standing.calledOff !== canary.digest) {
      const change = this.#callOff(canary, breaker, nowMs)
      if (change) changes.push(change)
    }
    return { standing: this.#standing, changes }
  }

  #break(upstream: string, tally: Tally, terms: BreakerTerms, nowMs: number): 'opened' | 'closed' | undefined {
    const openUntilMs = this.#standing.openUntilMs[upstream] ?? 0
    if (nowMs < openUntilMs) return undefined
    const window = windowOf(this.#breakers, upstream)
    if (openUntilMs > 0) {
      const isDown = tally.failures > 0
      this.#set(upstream, isDown ? nowMs + terms.openSeconds * 1000 : 0)
      return isDown ? 'opened' : 'closed'
    }
    window.add(tally, nowMs)
    if (!isDown(window.sum(terms.windowSeconds, nowMs), terms)) return undefined
    window.clear()
    this.#set(upstream, nowMs + terms.openSeconds * 1000)
    return 'opened'
  }

  /** Too few requests say nothing of the canary; no requests at all to stable count as none that failed. */
  #callOff(
    { digest, marginPercent }: NonNullable<Report['canary']>,
    terms: BreakerTerms,
    nowMs: number,
  ): Change | undefined {
    const of = (name: string) => this.#releases.get(name)?.sum(terms.windowSeconds, nowMs) ?? none
    const [canary, stable] = [of('canary'), of('stable')]
    const [canaryPercent, stablePercent] = [failurePercent(canary), failurePercent(stable)]
    if (canary.attempts < terms.minRequests || canaryPercent - stablePercent <= marginPercent) return undefined
    this.#standing = { ...this.#standing, calledOff: digest }
    return { kind: 'called-off', canaryPercent, stablePercent }
  }

  #set(upstream: string, openUntilMs: number): void {
    const { [upstream]: _, ...others } = this.#standing.openUntilMs
    this.#standing = {
      ...this.#standing,
      openUntilMs: openUntilMs === 0 ? others : { ...others, [upstream]: openUntilMs },
    }
  }
}

/** Whether a tally is enough to leave an upstream alone. */
export function isDown(tally: Tally, { failurePercent: limit, minRequests }: BreakerTerms): boolean {
  return tally.attempts >= minRequests && failurePercent(tally) >= limit
}

function windowOf(windows: Map<string, OutcomeWindow>, key: string): OutcomeWindow {
  const window = windows.get(key) ?? new OutcomeWindow()
  windows.set(key, window)
  return window
}
