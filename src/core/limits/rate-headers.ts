/** A limit that a request met, and how it stands now. */
export interface LimitState {
  /** As the manifest names it; letters, digits and hyphens. */
  readonly name: string
  readonly quota: number
  /** Absent for what is not counted by time. */
  readonly windowSeconds?: number
  /** What is counted, in the words of the draft; absent: requests. */
  readonly unit?: 'concurrent-requests'
  readonly remaining: number
  /** Until more is free, where that can be told. */
  readonly resetMs?: number
}

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11): all limits that the request
 * met, each with its quota `q` in units `qu` and its window `w`, and what remains of it, `r`, with the
 * seconds `t` until there is more. It is an estimate: other isolates take from the same allowance.
 */
export function rateHeaders(states: readonly LimitState[]): Record<string, string> {
  if (states.length === 0) return {}
  return {
    'ratelimit-policy': states.map(policyItem).join(', '),
    ratelimit: states.map(stateItem).join(', '),
  }
}

/** `Retry-After` for a request that a limit refused (RFC 9110 §10.2.3): never 0, which would invite a loop. */
export function retryAfter(resetMs: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, seconds(resetMs))) }
}

function policyItem({ name, quota, unit, windowSeconds }: LimitState): string {
  return `"${name}";q=${quota}${unit ? `;qu="${unit}"` : ''}${windowSeconds === undefined ? '' : `;w=${windowSeconds}`}`
}

function stateItem({ name, remaining, resetMs }: LimitState): string {
  return `"${name}";r=${Math.max(0, remaining)}${resetMs === undefined ? '' : `;t=${seconds(resetMs)}`}`
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000)
}
