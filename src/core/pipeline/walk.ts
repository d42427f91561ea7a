import type { Exchange } from './exchange.ts'
import type { Refusal } from './refusal.ts'
import type { VerdictPath } from './verdict-path.ts'

/** Stages in the order in which a request meets them, cheap ones first. */
export type StageName = 'admit' | 'identify' | 'authorize' | 'limit' | 'inspect' | 'steer'

/** What a walk met on its way, for the record of the request. */
export interface Trail {
  /** What each policy said. */
  path: VerdictPath
  /** Milliseconds of the stages that took any, waiting included. */
  readonly stageMs: Partial<Record<StageName, number>>
}

/** How a walk ended; `exchange` is as far as it got. */
export type Walk<Reply> = { readonly trail: Trail } & (
  | { readonly kind: 'ended'; readonly reply: Reply; readonly exchange: Exchange }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly exchange: Exchange }
)
