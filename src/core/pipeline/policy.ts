import type { FaultCode } from '#core/fault.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import type { Ports } from '#core/ports.ts'
import type { Settings } from '#core/settings/settings.ts'
import type { Door, Exchange } from './exchange.ts'

/** What a policy says of a request. A verdict is a value, so it can be counted, explained and only recorded. */
export type Verdict =
  | { readonly kind: 'pass'; readonly change: Partial<Exchange> }
  /** Goes on like a pass, to an ending that keeps the request but does nothing with it. */
  | { readonly kind: 'drop'; readonly detail: string }
  /** Ends the walk with an answer that needs no ending: a preflight's, or one that was given before. */
  | { readonly kind: 'answer'; readonly response: Response }
  | {
      readonly kind: 'deny'
      readonly fault: FaultCode
      readonly detail: string
      readonly headers: Readonly<Record<string, string>>
      /** What decided, where that is more than `Policy.field` can tell. */
      readonly field?: string
    }

/** How a manifest may set a policy that is not mandatory. In `shadow` a deny or drop is recorded and the request passes. */
export type Mode = 'enforce' | 'shadow' | 'off'

/** An answer that may not go out as it is. */
export interface Withheld {
  readonly fault: FaultCode
  readonly detail: string
  /** The answer, still to be read, for when this is only recorded. */
  readonly original: Response
}

/** What a policy leaves of an answer: another one, a reason to withhold it, or nothing to be changed. */
export type Finish = Response | Withheld | undefined

/** One rule that a request meets on its way. It never calls the next one: the runner does. */
export interface Policy {
  readonly name: string
  /** A mandatory policy binds whatever the manifest says. */
  readonly isMandatory: boolean
  /** The mode that binds, where not every one does that an entry may hold; absent: the manifest's. */
  modeIn?(spec: Manifest['spec'], settings: Settings): Mode | undefined
  /** The doors whose requests it judges; absent: all that its pipeline serves. */
  readonly doors?: readonly Door[]
  /** Who has the say where it is not the manifest; absent: the manifest where `field` names a path, else the gateway. */
  readonly origin?: 'fleet' | 'operator'
  before(exchange: Exchange, ports: Ports): Verdict | Promise<Verdict>
  /** What it goes by, e.g. `spec.api.routes[2].scopes`; asked only when somebody wants to know why. */
  field?(exchange: Exchange): string
  /**
   * Runs when all is done, in reverse, for every policy that passed; releases what `before` took, and may
   * hand on a changed answer. If it throws while there is an answer, the answer is withheld.
   *
   * @param answer `undefined` when the walk was refused, or does not end in an HTTP answer
   */
  after?(exchange: Exchange, ports: Ports, answer?: Response): Finish | Promise<Finish>
}

/** What a policy learned that learned nothing. */
export const noChange: Partial<Exchange> = Object.freeze({})

/** What most policies say of most requests. */
export const passedUnchanged: Verdict = Object.freeze({ kind: 'pass', change: noChange })

/** Lets the request go on, with what the policy learned. */
export function pass(change: Partial<Exchange> = noChange): Verdict {
  return change === noChange ? passedUnchanged : { kind: 'pass', change }
}

/**
 * Lets the request go on, but only to be kept: nobody wants it delivered.
 *
 * @param detail why; for the log
 */
export function drop(detail: string): Verdict {
  return { kind: 'drop', detail }
}

/** Ends the walk with an answer; only for doors whose ending is an HTTP answer. */
export function answer(response: Response): Verdict {
  return { kind: 'answer', response }
}

/**
 * Ends the walk with a fault.
 *
 * @param detail why exactly; for the log, not for strangers
 * @param field what decided, where that is more than the policy's own `field` can tell
 */
export function deny(
  fault: FaultCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
  field?: string,
): Verdict {
  return { kind: 'deny', fault, detail, headers, ...(field !== undefined && { field }) }
}
