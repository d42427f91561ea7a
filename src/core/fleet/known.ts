import { Fault } from '#core/fault.ts'
import type { Clock, Log, RegistryStore } from '#core/ports.ts'
import { within } from '#core/within.ts'
import { type Fleet, openRequestRules, parsedFleet } from './stored.ts'

/** Seconds for which remembered rules are used as they are, and until when while they are refreshed. */
const freshSeconds = 20
const staleSeconds = 30
/** Seconds for which it is remembered that there are no rules that could be used. */
const brokenSeconds = 5
/** How long a read may take before the last good rules stand. */
const readTimeoutMs = 2_000

/** The rules that requests meet, in this isolate's memory. */
export interface KnownRules {
  /**
   * Answers at once while what is remembered is young enough.
   *
   * @throws Fault `entry-invalid` while there are rules, none of them can be used, and none were known before
   */
  find(): Fleet | Promise<Fleet>
  /** Makes the next question read the rules again. */
  renew(): void
}

/**
 * The rules as the hot path sees them: refreshed in the background before they turn 30 s old, and waited for when
 * they are older or known to have changed. Rules that cannot be read or used never replace good ones; where there
 * are no good ones, nothing passes.
 *
 * @param learnt is told the sequence of newer rules, so that no older ones count again
 */
export function knownRules(
  store: Pick<RegistryStore, 'fleet'>,
  clock: Clock,
  log: Log,
  background: (work: Promise<unknown>) => void,
  learnt: (sequence: number) => Promise<void> | undefined = () => undefined,
): KnownRules {
  let known: { readonly fleet: Fleet; readonly readAtMs: number } | undefined
  let broken: { readonly fault: Fault; readonly untilMs: number } | undefined
  let isRefreshing = false
  let renewals = 0
  const nowMs = () => clock.now().getTime()

  return {
    find() {
      const ageSeconds = known ? (nowMs() - known.readAtMs) / 1000 : Number.NaN
      if (known && ageSeconds >= 0 && ageSeconds < staleSeconds) {
        if (ageSeconds >= freshSeconds) refreshSoon()
        return known.fleet
      }
      return broken && nowMs() < broken.untilMs ? Promise.reject(broken.fault) : refresh()
    },
    renew() {
      renewals += 1
      broken = undefined
      if (known) known = { ...known, readAtMs: Number.NEGATIVE_INFINITY }
    },
  }

  function refreshSoon(): void {
    if (isRefreshing) return
    isRefreshing = true
    background(refresh().finally(() => (isRefreshing = false)))
  }

  async function refresh(): Promise<Fleet> {
    const before = renewals
    try {
      const stored = await within(readTimeoutMs, store.fleet())
      const isSame = stored !== undefined && known && parsedFleet(stored)?.digest === known.fleet.digest
      const fleet = isSame && known ? known.fleet : await openRequestRules(stored)
      const learning = fleet.sequence > (known?.fleet.sequence ?? 0) ? learnt(fleet.sequence) : undefined
      if (learning) background(learning.catch(() => {}))
      broken = undefined
      known = { fleet, readAtMs: before === renewals ? nowMs() : Number.NEGATIVE_INFINITY }
      return fleet
    } catch (error) {
      const fault =
        error instanceof Fault ? error : new Fault('entry-invalid', `fleet rules could not be read: ${error}`)
      const served = known ? 'last good fleet rules' : 'nothing'
      log.write('error', 'entry-invalid', { app: '-', detail: fault.detail, served })
      const atMs = before === renewals ? nowMs() : Number.NEGATIVE_INFINITY
      if (known) known = { ...known, readAtMs: atMs }
      else broken = { fault, untilMs: atMs + brokenSeconds * 1000 }
      if (!known) throw fault
      return known.fleet
    }
  }
}
