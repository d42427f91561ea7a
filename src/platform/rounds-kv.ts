import { keys } from '#core/keys.ts'
import type { Rounds } from '#core/owner/rounds.ts'
import type { CheckStore } from '#core/status/check.ts'

/** The state of the rounds in KV: where it is read stale, a round is made twice, and nobody is told twice. */
export function kvRounds(registry: KVNamespace): Rounds {
  return {
    read: () => registry.get(keys.reminders, 'json'),
    keep: round => registry.put(keys.reminders, JSON.stringify(round)),
  }
}

/** What the check of the registry has found so far; where it is read stale, a part is checked twice. */
export function kvChecks(registry: KVNamespace): CheckStore {
  return {
    read: () => registry.get(keys.status, 'json'),
    keep: state => registry.put(keys.status, JSON.stringify(state)),
  }
}
