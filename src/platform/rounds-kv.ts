import { keys } from '#core/keys.ts'
import type { Rounds } from '#core/owner/rounds.ts'

/** The state of the rounds in KV: where it is read stale, a round is made twice, and nobody is told twice. */
export function kvRounds(registry: KVNamespace): Rounds {
  return {
    read: () => registry.get(keys.reminders, 'json'),
    keep: round => registry.put(keys.reminders, JSON.stringify(round)),
  }
}
