import { Fault } from '#core/fault.ts'
import { keys } from '#core/keys.ts'
import { fleetStatement } from '#core/manifest/signed.ts'
import type { Ports } from '#core/ports.ts'
import { readFleet } from './documents.ts'
import { asProblems } from './findings.ts'
import { fleetName, parsedFleet, type StoredFleet, storedFleet } from './stored.ts'
import { fleetTrust } from './trust.ts'

export interface PublishedFleet {
  readonly change: 'changed' | 'unchanged'
  readonly digest: string
  readonly sequence: number
  readonly rules: number
  /** Replicas of the switchboard that had not heard of it yet. */
  readonly lacking: readonly string[]
}

/** How often it is tried again because somebody else's rules came between. */
const maxTries = 3
/** Rules end when they are taken out. */
const never = '9999-12-31T23:59:59.000Z'

/**
 * Puts rules and values in force in the place of all that are: storage first, then the switchboard, through which
 * every isolate has them within 5 s.
 *
 * @param by `signature`: an approver's, where entries must be signed
 * @throws Fault `manifest-refused` that lists everything wrong with them, `request-invalid` for a signature that does not count, `overloaded` when others publish meanwhile
 */
export async function putFleetInForce(
  documents: readonly unknown[],
  { publishedBy, signature }: { readonly publishedBy: string; readonly signature?: string | undefined },
  { registryStore, switchboard, settings, clock }: Pick<Ports, 'registryStore' | 'switchboard' | 'settings' | 'clock'>,
): Promise<PublishedFleet> {
  const read = readFleet(documents, clock.now())
  if (read.kind === 'refused') {
    const problems = asProblems(read.findings)
    throw new Fault('manifest-refused', `fleet rules: ${problems.length} faults`, problems)
  }
  const rules = read.rules.length
  for (let tries = 0; tries < maxTries; tries++) {
    const { stored, nextSequence } = await fleetStanding({ registryStore, switchboard })
    const made = await storedFleet(documents, stored)
    const { digest } = made
    if (stored?.digest === digest) return { change: 'unchanged', digest, sequence: made.sequence, rules, lacking: [] }
    const next: StoredFleet = { ...made, sequence: nextSequence }
    if (settings.approvers) await assertSigned({ ...next, signature }, settings)
    await registryStore.write([
      { key: keys.fleet, value: JSON.stringify({ ...next, ...(signature && { signature }) }) },
    ])
    const spread = await switchboard.publish({
      app: fleetName,
      change: 'changed',
      revision: { manifest: next.rules, digest, schemaVersion: 1 },
      pointer: {
        digest,
        expiresAt: never,
        publishedAt: clock.now().toISOString(),
        publishedBy,
        sequence: next.sequence,
        environment: settings.environment,
        ...(signature && { signature }),
      },
      belongings: [],
    })
    if (!('behind' in spread))
      return { change: 'changed', digest, sequence: next.sequence, rules, lacking: spread.lacking }
  }
  throw new Fault('overloaded', 'others publish fleet rules at the same time')
}

/** The rules that are stored, or why they cannot be used: then whatever comes next replaces them. */
export async function fleetStanding({ registryStore, switchboard }: Pick<Ports, 'registryStore' | 'switchboard'>) {
  const [found, { sequence }] = await Promise.all([
    registryStore.fleet().then(
      value => ({ stored: parsedFleet(value) }),
      error => ({ stored: undefined, fault: error instanceof Fault ? error.detail : String(error) }),
    ),
    switchboard.find(fleetName),
  ])
  return { ...found, nextSequence: Math.max(found.stored?.sequence ?? 0, sequence) + 1 }
}

/** Tells whoever signs what to sign. */
async function assertSigned(fleet: StoredFleet, { environment, approvers }: Ports['settings']): Promise<void> {
  const { digest, sequence } = fleet
  const fault = await fleetTrust({ environment, ...(approvers && { approvers }) }).fault(fleet, sequence)
  if (!fault) return
  const remedy = `Sign ${fleetStatement({ environment, digest, sequence })} as an approver: gatehouse sign --fleet does, and gatehouse push --fleet-signature sends it.`
  throw new Fault('request-invalid', fault, [{ path: 'signature', reason: fault, remedy }])
}
