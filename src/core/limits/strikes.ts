import { BoundedMap } from '#core/bounded-map.ts'
import type { Clock } from '#core/ports.ts'
import type { RateRule } from './rate-rule.ts'
import type { Rates } from './rates.ts'

/** What an address may fail to do, and how often, before it is turned away unheard. */
export const strikeRules = {
  /** Asks for apps that are not in the registry. */
  'unknown-app': { kind: 'sliding', limit: 100, windowSeconds: 60 },
  /** Sends one app requests whose signature or token proves nothing. */
  unproven: { kind: 'sliding', limit: 3_000, windowSeconds: 60 },
} as const satisfies Record<string, RateRule>

export type StrikeKind = keyof typeof strikeRules

/** Blocked addresses an isolate remembers; past that the one blocked longest ago goes. */
const maxBlocked = 20_000

/**
 * What addresses have failed to do, over all isolates. Only failures count, so that who proves who they are
 * is never slowed by their address; and nobody waits for the count.
 */
export interface Strikes {
  /** How long an address is still turned away, in ms; 0 when it is heard. From memory. */
  blockedMs(kind: StrikeKind, app: string, address: string): number
  /** Counts a failure, in the background. */
  note(kind: StrikeKind, app: string, address: string): void
}

export function countedStrikes(rates: Rates, clock: Clock, background: (work: Promise<unknown>) => void): Strikes {
  const blockedUntilMs = new BoundedMap<string, number>(maxBlocked)
  return {
    blockedMs(kind, app, address) {
      if (blockedUntilMs.size === 0) return 0
      const untilMs = blockedUntilMs.get(keyOf(kind, app, address)) ?? 0
      return Math.max(0, untilMs - clock.now().getTime())
    },

    note(kind, app, address) {
      background(counted(kind, app, address))
    },
  }

  async function counted(kind: StrikeKind, app: string, address: string): Promise<void> {
    const rule = strikeRules[kind]
    const taking = await rates.take({ app, subject: `ip ${address}`, name: `strikes/${kind}` }, rule, 1, 'open')
    if (taking.kind !== 'refused') return
    const key = keyOf(kind, app, address)
    blockedUntilMs.set(key, clock.now().getTime() + taking.resetMs)
  }
}

function keyOf(kind: StrikeKind, app: string, address: string): string {
  return `${kind}\n${app}\n${address}`
}
