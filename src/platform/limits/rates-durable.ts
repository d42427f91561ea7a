import { BoundedMap } from '#core/bounded-map.ts'
import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import type { Counter } from '#core/limits/rate-rule.ts'
import type { RateStore } from '#core/limits/rates.ts'
import type { Env } from '../env.ts'

/** Object names that are remembered, so that a busy subject is hashed once. */
const maxNames = 10_000

/** Allowances in Durable Objects: one object for each app and hash of a subject, so that no name tells who it is. */
export function durableRates({ RATES }: Pick<Env, 'RATES'>): RateStore {
  const names = new BoundedMap<string, string>(maxNames)
  return {
    name: 'durable',
    take: async (counter, rule, ask) => RATES.getByName(await nameOf(counter)).take(counter.name, rule, ask),
    back: async (counter, rule, units, mark) =>
      RATES.getByName(await nameOf(counter)).back(counter.name, rule, units, mark),
    // who asks for nothing is told how much there is
    look: async (counter, rule) =>
      RATES.getByName(await nameOf(counter)).take(counter.name, rule, { least: 0, most: 0 }),
  }

  async function nameOf({ app, subject }: Counter): Promise<string> {
    const text = `${app}\n${subject}`
    const known = names.get(text)
    if (known) return known
    const name = `${app}~${await sha256Hex(utf8Bytes(subject))}`
    names.set(text, name)
    return name
  }
}
