import type { FaultCode } from '#core/fault.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { deny, pass, type Verdict } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'
import { whenKnown } from '#core/when-known.ts'
import { rateHeaders, retryAfter } from './rate-headers.ts'
import { type Limit, type Spending, spend } from './spend.ts'

/** How a policy says that one of its limits is spent. */
export interface Spent {
  readonly fault: FaultCode
  /** What the limits are, for the log. */
  readonly what: string
  /** Which of them was spent, for the log. */
  readonly detail: (name: string) => string
  /** Where the limits stand that decided; absent: the policy's own field. */
  readonly field?: string
}

/**
 * Takes units of the limits that a request meets, and passes it with how they stand, or denies it by the first that
 * refuses. `onError` of the manifest counts while their store is away. At once where there are none.
 */
export function withinLimits(
  limits: readonly Limit[],
  units: number,
  exchange: Exchange,
  ports: Pick<Ports, 'rates' | 'clock'>,
  spent: Spent,
): Verdict | Promise<Verdict> {
  return limits.length === 0 ? pass() : taken(limits, units, exchange, ports, spent)
}

function taken(
  limits: readonly Limit[],
  units: number,
  exchange: Exchange,
  { rates, clock }: Pick<Ports, 'rates' | 'clock'>,
  spent: Spent,
): Verdict | Promise<Verdict> {
  const { onError } = settled(exchange, 'entry').manifest.spec.limits
  const spending = spend(limits, units, onError, { rates, nowMs: clock.now().getTime() })
  return whenKnown(spending, known => verdictOf(known, exchange, spent))
}

function verdictOf(spending: Spending, exchange: Exchange, { fault, what, detail, field }: Spent): Verdict {
  if (spending.kind === 'away') return deny('overloaded', `the store of ${what} ${spending.by} is away`)
  const states = [...(exchange.limits ?? []), ...spending.states]
  const replyHeaders = rateHeaders(states)
  if (spending.kind === 'granted') return pass({ limits: states, replyHeaders })
  const headers = { ...replyHeaders, ...retryAfter(spending.resetMs) }
  return deny(fault, detail(spending.by), headers, field && `${field}[${spending.index}]`)
}
