import { periodOf } from './calendar-quota.ts'
import type { RateRule } from './rate-rule.ts'

/** A limit that a request met, and how it stands now. */
export interface LimitState {
  /** As the manifest names it; letters, digits and hyphens. */
  readonly name: string
  readonly rule: RateRule
  /** Units left. */
  readonly remaining: number
  /** Until more units come free. */
  readonly resetMs: number
}

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): all limits that the request
 * met, each with its quota `q` and window `w`, and what remains of it, `r`, with the seconds `t` until there
 * is more. What stands in memory is an estimate: other isolates take from the same allowance.
 */
export function rateHeaders(states: readonly LimitState[], now: Date): Record<string, string> {
  if (states.length === 0) return {}
  return {
    'ratelimit-policy': states.map(({ name, rule }) => `"${name}";q=${rule.limit};w=${windowOf(rule, now)}`).join(', '),
    ratelimit: states
      .map(({ name, remaining, resetMs }) => `"${name}";r=${Math.max(0, remaining)};t=${seconds(resetMs)}`)
      .join(', '),
  }
}

/** `Retry-After` for a request that a limit refused (RFC 9110 §10.2.3): never 0, which would invite a loop. */
export function retryAfter(resetMs: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, seconds(resetMs))) }
}

function windowOf(rule: RateRule, now: Date): number {
  if (rule.kind !== 'calendar') return rule.windowSeconds
  const { startMs, endMs } = periodOf(rule.per, now.getTime())
  return seconds(endMs - startMs)
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000)
}
