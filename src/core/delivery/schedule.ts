import type { FaultCode } from '#core/fault.ts'
import type { Outcome, RetryTerms } from './event.ts'

/** What a mailbox does with an event after an attempt. */
export type Decision =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'again'; readonly dueAtMs: number; readonly fault: FaultCode }
  | { readonly kind: 'dead'; readonly fault: FaultCode }

/** Where an event stands when an attempt ends. */
export interface Standing {
  /** Attempts made since the event was accepted, or last replayed; this one included. */
  readonly tries: number
  /** When that counting began. */
  readonly sinceMs: number
  readonly nowMs: number
}

/** Client errors that may pass by themselves; every other 4xx, and every 3xx, is given up after three tries. */
const passingClientErrors = new Set([408, 425, 429])
const triesForOtherErrors = 3

/** How long an event that the gate held back waits before it is looked at again. */
const heldMs = 60_000

/**
 * Delivered, to be tried again and when, or dead. `Retry-After` is honoured exactly, 410 ends at once
 * (Standard Webhooks, "Operational considerations"), and what would fall after `maxAgeSeconds` is dead now.
 *
 * @param random a number from 0 up to 1, for the jitter
 */
export function decide(outcome: Outcome, terms: RetryTerms, standing: Standing, random: number): Decision {
  if (outcome.kind === 'held') return { kind: 'again', dueAtMs: standing.nowMs + heldMs, fault: outcome.fault }
  if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) return { kind: 'delivered' }

  const fault = outcome.kind === 'failed' ? outcome.fault : 'upstream-failed'
  if (outcome.kind === 'answered' && outcome.isFinal) return { kind: 'dead', fault }
  if (standing.tries >= triesAllowed(outcome, terms)) return { kind: 'dead', fault }
  const retryAtMs = outcome.kind === 'answered' ? outcome.retryAtMs : undefined
  const dueAtMs = retryAtMs ?? standing.nowMs + backoffMs(standing.tries, terms, random)
  if (dueAtMs > standing.sinceMs + terms.maxAgeSeconds * 1000) return { kind: 'dead', fault }
  return { kind: 'again', dueAtMs, fault }
}

/** Full jitter: a random wait up to min(maxSeconds, baseSeconds·2ⁿ⁻¹) after try n. */
export function backoffMs(tries: number, { baseSeconds, maxSeconds }: RetryTerms, random: number): number {
  return Math.floor(random * Math.min(maxSeconds, baseSeconds * 2 ** (tries - 1)) * 1000)
}

/** When a `Retry-After` header (RFC 9110 §10.2.3, seconds or a date) allows the next try; `undefined` if it says nothing. */
export function retryAtMs(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim()
  if (!text) return undefined
  if (/^\d{1,9}$/.test(text)) return nowMs + Number(text) * 1000
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(date, nowMs)
}

function triesAllowed(outcome: Outcome, { attempts }: RetryTerms): number {
  if (outcome.kind !== 'answered') return attempts
  if (outcome.status === 410) return 1
  const isOther = outcome.status < 500 && !passingClientErrors.has(outcome.status)
  return isOther ? Math.min(attempts, triesForOtherErrors) : attempts
}
