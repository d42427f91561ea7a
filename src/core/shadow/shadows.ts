import type { FaultCode } from '#core/fault.ts'

/** What a policy in shadow mode would have done, and by which field of the manifest. */
export interface Shadowed {
  readonly policy: string
  readonly door: string
  readonly verdict: 'would-deny' | 'would-drop' | 'would-answer'
  readonly fault?: FaultCode
  /** E.g. `spec.api.routes[2].schema`. */
  readonly field?: string
}

/** How often, over all isolates. */
export interface ShadowedSum extends Shadowed {
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
  /** The id of a request that it happened to, as the log has it: the last one of the isolate that reported last. */
  readonly requestId: string
}

/** What shadow mode let pass; kept for 30 days after the last time. */
export interface Shadows {
  note(app: string, what: Shadowed, requestId: string): void
  list(app: string): Promise<ShadowedSum[]>
}
