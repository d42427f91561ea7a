import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { keys } from '#core/keys.ts'
import { digestOf } from '#core/manifest/digest.ts'
import { pathText } from '#core/manifest/problems.ts'
import type { Publication, RegistryItem } from '#core/manifest/publish.ts'
import { assembled, type ReadFleet, readFleet } from './documents.ts'
import type { RuleSet } from './judge.ts'
import { compileRule } from './rule.ts'

const StoredFleet = z.strictObject({
  schemaVersion: z.literal(1),
  digest: z.string(),
  /** Counts up with every change, so that of two copies the newer is known. */
  sequence: z.int().min(1),
  /** Rules and values, as their authors wrote them. */
  rules: z.array(z.unknown()).max(300),
  /** An approver's JWS over environment, digest and sequence, where entries must be signed. */
  signature: z.string().max(4096).optional(),
})

export type StoredFleet = z.infer<typeof StoredFleet>

export interface Fleet extends RuleSet {
  /** Of the documents; changes whenever any of them does. */
  readonly digest: string
  readonly sequence: number
}

/** The name under which the switchboard knows the fleet's rules; no app has it. */
export const fleetName = '-'

/** No rules at all. */
export const noFleet: Fleet = { digest: 'none', sequence: 0, rules: [], org: {} }

/** What is stored, if that is well-formed. */
export function parsedFleet(stored: unknown): StoredFleet | undefined {
  return StoredFleet.safeParse(stored).data
}

/**
 * What the registry's storage takes for these documents.
 *
 * @param previous what is stored now, which the new ones succeed
 */
export async function storedFleet(documents: readonly unknown[], previous?: unknown): Promise<StoredFleet> {
  const digest = await digestOf(documents)
  const before = parsedFleet(previous)
  if (before?.digest === digest) return before
  return { schemaVersion: 1, digest, sequence: (before?.sequence ?? 0) + 1, rules: [...documents] }
}

/** Of rules that were published lately and those that storage holds the newer ones. */
export function newerFleet({ pointer, revision }: Pick<Publication, 'pointer' | 'revision'>, stored: unknown): unknown {
  const { digest, manifest: rules } = revision
  const { sequence, signature } = pointer
  const isNewer = sequence >= (parsedFleet(stored)?.sequence ?? 0)
  return isNewer ? { schemaVersion: 1, digest, sequence, rules, ...(signature && { signature }) } : stored
}

/** The same as an item of the registry's bulk file. */
export async function fleetItem(documents: readonly unknown[], previous?: unknown): Promise<RegistryItem> {
  return { key: keys.fleet, value: JSON.stringify(await storedFleet(documents, previous)) }
}

/** The fleet last opened in this isolate with its tests run. */
let opened: Fleet | undefined

/**
 * The rules that storage gave back, read again, tests and all; once per isolate and digest. Nothing stored means no rules.
 *
 * @throws Fault `entry-invalid` when any of them cannot be used: a rule that cannot be asked must not be passed over
 */
export async function openFleet(stored: unknown, now: Date): Promise<Fleet> {
  if (opened && parsedFleet(stored)?.digest === opened.digest && (await isWhole(stored))) return opened
  const fleet = await open(stored, documents => readFleet(documents, now))
  if (stored !== undefined) opened = fleet
  return fleet
}

/**
 * The rules that requests meet: compiled, their tests not run again, since they were run to publish them.
 *
 * @throws Fault `entry-invalid` as `openFleet` does
 */
export async function openRequestRules(stored: unknown): Promise<Fleet> {
  const fleet = await open(stored, documents => assembled(documents, document => compileRule(document)))
  return { ...fleet, rules: fleet.rules.filter(({ source }) => source.spec.points.includes('request')) }
}

async function open(stored: unknown, read: (documents: readonly unknown[]) => ReadFleet): Promise<Fleet> {
  if (stored === undefined) return noFleet
  const parsed = StoredFleet.safeParse(stored)
  if (!parsed.success) throw new Fault('entry-invalid', `fleet rules: ${z.prettifyError(parsed.error)}`)
  const { digest, sequence, rules: documents } = parsed.data
  if (!(await isWhole(stored))) throw new Fault('entry-invalid', 'the fleet rules are not what their digest says')
  const fleet = read(documents)
  if (fleet.kind === 'fleet') return { digest, sequence, rules: fleet.rules, org: fleet.org }
  const index = fleet.findings.findIndex(found => found.length > 0)
  const first = fleet.findings[index]?.[0]
  throw new Fault('entry-invalid', `fleet rule ${index}: ${first ? `${pathText(first.at)} ${first.reason}` : 'bad'}`)
}

async function isWhole(stored: unknown): Promise<boolean> {
  const fleet = parsedFleet(stored)
  return fleet !== undefined && (await digestOf(fleet.rules)) === fleet.digest
}
