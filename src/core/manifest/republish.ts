import { Fault, type Problem } from '#core/fault.ts'
import type { Weight } from '#core/fleet/schema.ts'
import { openFleet } from '#core/fleet/stored.ts'
import type { Ports, RegistryStore } from '#core/ports.ts'
import { belongingsOf } from './belongings.ts'
import { openRevision, Pointer } from './entry.ts'
import { pathText } from './problems.ts'
import { type Proposal, proposalOf } from './proposal.ts'
import { type Publication, type PublishSetting, publication, registryItems } from './publish.ts'
import type { Manifest } from './schema.ts'
import { successionFindings } from './succession.ts'

/** How often a publication is made again because somebody else's came between. */
const maxTries = 3

export interface Published {
  readonly kind: 'published'
  readonly publication: Publication
  readonly order: Order
  /** Replicas of the switchboard that had not heard of it yet; they are told again until they do. */
  readonly lacking: readonly string[]
  /** What fleet rules warn of, and what a rollback does not take back. */
  readonly warnings: readonly Problem[]
}

/** What was asked for, and waits until somebody else approves or signs it. */
export interface Pending {
  readonly kind: 'pending'
  readonly proposal: Proposal
  readonly warnings: readonly Problem[]
}

/** Who publishes, why, and how. */
export interface Order extends Pick<PublishSetting, 'publishedBy' | 'renew'> {
  readonly isRollback: boolean
  readonly reason: string
}

export type Needed = Pick<
  Ports,
  'registryStore' | 'switchboard' | 'settings' | 'clock' | 'log' | 'counters' | 'audit' | 'fleetRules'
>

/**
 * Puts a manifest in force: revision, pointer, switchboard, in this order. What is in force already is left
 * as it is. One that was in force before may name fewer shards than there are; they stay, with a warning. What needs
 * a second person becomes a proposal instead.
 *
 * @throws Fault `overloaded` when others publish the same app again and again meanwhile, `manifest-refused` when a
 *   workload or host that it names belongs to another app, when it takes back what the one in force has begun, or when a
 *   fleet rule denies it; `entry-invalid` when the fleet rules cannot be used
 */
export async function putInForce(
  manifest: Manifest,
  document: unknown,
  order: Order,
  ports: Needed,
): Promise<Published | Pending> {
  const { publishedBy, renew, isRollback } = order
  const { settings, clock } = ports
  const app = manifest.metadata.name
  const warnings = await assertAllowed(manifest, publishedBy, ports)
  for (let tries = 0; tries < maxTries; tries++) {
    const { sequence, previous } = await standingOf(app, ports)
    const setting = { now: clock.now(), publishedBy, environment: settings.environment, renew, sequence }
    const made = await publication(manifest, document, previous, setting)
    if (made.change === 'unchanged') return { kind: 'published', publication: made, order, lacking: [], warnings }
    const shrinking = made.change === 'changed' ? shrinkingIn(previous, manifest) : []
    if (shrinking.length > 0 && !isRollback)
      throw new Fault('manifest-refused', `${app}: ${shrinking.length}`, shrinking)

    const told = [...warnings, ...shrinking]
    const proposal = await proposalOf(manifest, made, previous, order, ports)
    if (proposal) {
      await ports.switchboard.propose(proposal)
      return { kind: 'pending', proposal, warnings: told }
    }
    const lacking = await written(made, ports)
    if (lacking) return { kind: 'published', publication: made, order, lacking, warnings: told }
  }
  throw new Fault('overloaded', `others publish ${app} at the same time`)
}

/**
 * What is asked of a manifest whenever it is to be in force.
 *
 * @returns what fleet rules warn of
 */
export async function assertAllowed(
  manifest: Manifest,
  publishedBy: string,
  ports: Needed,
): Promise<readonly Problem[]> {
  await refuseTaken(manifest, ports.registryStore)
  return judgedByFleet(manifest, publishedBy, ports)
}

/** The pointer of an app that counts, and the highest sequence that it has had. */
export async function standingOf(app: string, { registryStore, switchboard }: Needed) {
  const { sequence, pointer } = await switchboard.find(app)
  return { sequence, previous: newest(pointer, Pointer.safeParse(await registryStore.pointer(app)).data) }
}

/**
 * Revision, pointer, switchboard, in this order.
 *
 * @returns the replicas that lack it; `undefined` when somebody else's came first
 */
export async function written(
  made: Publication,
  { registryStore, switchboard }: Needed,
): Promise<readonly string[] | undefined> {
  await registryStore.write(registryItems([made]))
  const spread = await switchboard.publish(made)
  return 'behind' in spread ? undefined : spread.lacking
}

/** Of the two pointers the one that counts; where both have one sequence, KV's is of a publication that came too late. */
function newest(announced: Pointer | undefined, stored: Pointer | undefined): Pointer | undefined {
  return announced && stored && announced.sequence >= stored.sequence ? announced : (stored ?? announced)
}

/** What is one app's is no other's: that one's manifest, not the key that may outlive it, says whether it still is. */
async function refuseTaken(manifest: Manifest, store: RegistryStore): Promise<void> {
  const problems: Problem[] = []
  for (const { key, takenBy } of await belongingsOf(manifest)) {
    const owner = await store.ownerOf(key)
    if (owner === undefined || owner === manifest.metadata.name) continue
    const pointer = Pointer.safeParse(await store.pointer(owner))
    const other =
      pointer.data && (await openRevision(owner, pointer.data.digest, await store.revision(owner, pointer.data.digest)))
    if (typeof other !== 'object' || !(await belongingsOf(other)).some(one => one.key === key)) continue
    const { at, ...rest } = takenBy(owner)
    problems.push({ path: pathText(at), ...rest })
  }
  if (problems.length > 0) throw new Fault('manifest-refused', `${problems.length} belong to other apps`, problems)
}

/** Asks the fleet rules about a manifest; whatever they find is recorded. */
async function judgedByFleet(
  manifest: Manifest,
  publishedBy: string,
  { registryStore, settings, clock, log, counters, audit, fleetRules }: Needed,
): Promise<readonly Problem[]> {
  const app = manifest.metadata.name
  const now = clock.now()
  const fleet = await openFleet(await registryStore.fleet(), now)
  const question = { point: 'publish', manifest, environment: settings.environment, now } as const
  const judged = await Promise.all(fleetRules.atPublish(fleet).map(engine => engine.judge(question)))
  const found = judged.flat()
  const door = 'publish'
  const facts = found.map(({ weight, isError, problem: { rule, layer, path } }) => {
    const why = isError ? 'error' : 'broken'
    counters.count(app, 'fleet_rule_findings_total', { door, rule, weight, why })
    log.write('warn', 'fleet-rule-broken', { app, door, rule, path, weight })
    return {
      type: 'policy.broken',
      app,
      actor: publishedBy,
      facts: { digest: fleet.digest, rule, layer, weight, door, why, path },
    } as const
  })
  if (facts.length > 0) await audit.recordAll(app, facts)
  const problems = (meant: Weight) => found.filter(({ weight }) => weight === meant).map(({ problem }) => problem)
  const denied = problems('Deny')
  if (denied.length > 0) throw new Fault('manifest-refused', `${app}: ${denied.length} fleet rules deny it`, denied)
  return problems('Warn')
}

function shrinkingIn(previous: Pointer | undefined, manifest: Manifest): Problem[] {
  return successionFindings(previous, manifest).map(({ at, ...rest }) => ({ path: pathText(at), ...rest }))
}

/**
 * The manifest that a revision holds, as its author wrote it, for putting it in force again.
 *
 * @throws Fault `not-found` when there is no such revision, `entry-invalid` when it holds no manifest that is valid today
 */
export async function revisionOf(
  app: string,
  digest: string,
  { registryStore }: Pick<Ports, 'registryStore'>,
): Promise<{ readonly manifest: Manifest; readonly document: unknown }> {
  const stored = await registryStore.revision(app, digest)
  if (stored === undefined) throw new Fault('not-found', `${app} has no revision ${digest}`)
  const manifest = await openRevision(app, digest, stored)
  if (typeof manifest === 'string') throw new Fault('entry-invalid', manifest)
  return { manifest, document: (stored as { readonly manifest: unknown }).manifest }
}
