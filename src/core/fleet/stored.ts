import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { keys } from '#core/keys.ts'
import { digestOf } from '#core/manifest/digest.ts'
import { pathText } from '#core/manifest/problems.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'
import type { FleetRule } from './judge.ts'
import { readRule } from './rule.ts'

/** More rules than this no fleet has. */
export const maxRules = 200

const StoredFleet = z.strictObject({
  schemaVersion: z.literal(1),
  digest: z.string(),
  rules: z.array(z.unknown()).max(maxRules),
})

export interface Fleet {
  /** Of the rules in the order of their names; changes whenever any of them does. */
  readonly digest: string
  readonly rules: readonly FleetRule[]
}

/** What the registry's storage takes for these rules; the documents as their authors wrote them. */
export async function fleetItem(documents: readonly unknown[]): Promise<RegistryItem> {
  const digest = await digestOf(documents)
  return { key: keys.fleet, value: JSON.stringify({ schemaVersion: 1, digest, rules: documents }) }
}

/** The fleet last opened in this isolate. */
let opened: Fleet | undefined

/**
 * The rules that storage gave back, read again, tests and all; once per isolate and digest. Nothing stored means no rules.
 *
 * @throws Fault `entry-invalid` when any of them cannot be used: a rule that cannot be asked must not be passed over
 */
export async function openFleet(stored: unknown, now: Date): Promise<Fleet> {
  if (stored === undefined) return { digest: 'none', rules: [] }
  const parsed = StoredFleet.safeParse(stored)
  if (!parsed.success) throw new Fault('entry-invalid', `fleet rules: ${z.prettifyError(parsed.error)}`)
  const digest = await digestOf(parsed.data.rules)
  if (digest !== parsed.data.digest) throw new Fault('entry-invalid', 'the fleet rules are not what their digest says')
  if (opened?.digest === digest) return opened
  const rules = parsed.data.rules.map((document, index) => {
    const read = readRule(document, now)
    if (read.kind === 'rule') return read.rule
    const [first] = read.findings
    throw new Fault('entry-invalid', `fleet rule ${index}: ${first ? `${pathText(first.at)} ${first.reason}` : 'bad'}`)
  })
  opened = { digest, rules }
  return opened
}
