import * as z from 'zod'
import { CalendarQuota } from './calendar-quota.ts'
import type { Ask, Grant, RateRule } from './rate-rule.ts'
import { SlidingWindow } from './sliding-window.ts'
import { TokenAllowance } from './token-allowance.ts'

/** What is left of a limit, for whoever is its only writer. */
export interface Allowance {
  take(ask: Ask, nowMs: number): Grant
  /** @param mark as the grant said */
  back(units: number, mark: number): void
  /** What `allowanceOf` needs to go on from here. */
  saved(): unknown
  /** From when on a new allowance is as good as this one. */
  emptyAtMs(): number
}

const Slices = z.array(z.tuple([z.int(), z.int().min(0)]))
const Tokens = z.object({ tokens: z.number(), atMs: z.number() })
const Period = z.object({ startMs: z.int(), taken: z.int().min(0) })

/** The allowance of a rule: a full one, or one that goes on from what was saved under the same rule. */
export function allowanceOf(rule: RateRule, nowMs: number, saved?: unknown): Allowance {
  if (rule.kind === 'calendar') return new CalendarQuota(rule.limit, rule.per, Period.safeParse(saved).data)
  const { limit, windowSeconds } = rule
  return rule.kind === 'sliding'
    ? new SlidingWindow(limit, windowSeconds, Slices.safeParse(saved).data)
    : new TokenAllowance(limit, windowSeconds, nowMs, Tokens.safeParse(saved).data)
}

/** Names what must be the same for what was saved to be of use; a changed limit keeps its counts. */
export function shapeOf(rule: RateRule): string {
  return rule.kind === 'calendar' ? rule.per : `${rule.kind} ${rule.windowSeconds}`
}
