import { Fault, type Problem } from '#core/fault.ts'
import { judge } from '#core/fleet/judge.ts'
import type { Weight } from '#core/fleet/schema.ts'
import { openFleet } from '#core/fleet/stored.ts'
import { isSameWorkload, takenWorkload, workloadDigest } from '#core/identity/workload.ts'
import type { Ports, RegistryStore } from '#core/ports.ts'
import { openRevision, Pointer } from './entry.ts'
import { pathText } from './problems.ts'
import { type Publication, type PublishSetting, publication, registryItems } from './publish.ts'
import type { Manifest } from './schema.ts'
import { successionFindings } from './succession.ts'

/** How often a publication is made again because somebody else's came between. */
const maxTries = 3

export interface Published {
  readonly publication: Publication
  /** Replicas of the switchboard that had not heard of it yet; they are told again until they do. */
  readonly lacking: readonly string[]
  /** What fleet rules warn of, and what a rollback does not take back. */
  readonly warnings: readonly Problem[]
}

type Needed = Pick<Ports, 'registryStore' | 'switchboard' | 'settings' | 'clock' | 'log' | 'counters' | 'audit'>

/**
 * Puts a manifest in force: revision, pointer, switchboard, in this order. What is in force already is left
 * as it is. One that was in force before may name fewer shards than there are; they stay, with a warning.
 *
 * @throws Fault `overloaded` when others publish the same app again and again meanwhile, `manifest-refused` when a
 *   workload that it names belongs to another app, when it takes back what the one in force has begun, or when a
 *   fleet rule denies it; `entry-invalid` when the fleet rules cannot be used
 */
export async function putInForce(
  manifest: Manifest,
  document: unknown,
  { publishedBy, renew, isRollback }: Pick<PublishSetting, 'publishedBy' | 'renew'> & { readonly isRollback: boolean },
  ports: Needed,
): Promise<Published> {
  const { registryStore, switchboard, settings, clock } = ports
  const app = manifest.metadata.name
  await refuseTaken(manifest, registryStore)
  const warnings = await judgedByFleet(manifest, publishedBy, ports)
  for (let tries = 0; tries < maxTries; tries++) {
    const { sequence, pointer } = await switchboard.find(app)
    const previous = newest(pointer, Pointer.safeParse(await registryStore.pointer(app)).data)
    const setting = { now: clock.now(), publishedBy, environment: settings.environment, renew, sequence }
    const made = await publication(manifest, document, previous, setting)
    if (made.change === 'unchanged') return { publication: made, lacking: [], warnings }
    const shrinking = made.change === 'changed' ? shrinkingIn(previous, manifest) : []
    if (shrinking.length > 0 && !isRollback)
      throw new Fault('manifest-refused', `${app}: ${shrinking.length}`, shrinking)

    await registryStore.write(registryItems([made]))
    const spread = await switchboard.publish(made)
    if (!('behind' in spread))
      return { publication: made, lacking: spread.lacking, warnings: [...warnings, ...shrinking] }
  }
  throw new Fault('overloaded', `others publish ${app} at the same time`)
}

/** Of the two pointers the one that counts; where both have one sequence, KV's is of a publication that came too late. */
function newest(announced: Pointer | undefined, stored: Pointer | undefined): Pointer | undefined {
  return announced && stored && announced.sequence >= stored.sequence ? announced : (stored ?? announced)
}

/** One workload acts as one app: the other one's manifest, not the key that may outlive it, says whether it still does. */
async function refuseTaken({ metadata, spec }: Manifest, store: RegistryStore): Promise<void> {
  const problems: Problem[] = []
  for (const [index, workload] of spec.identity.entries()) {
    const owner = await store.workload(await workloadDigest(workload))
    if (owner === undefined || owner === metadata.name) continue
    const pointer = Pointer.safeParse(await store.pointer(owner))
    const other =
      pointer.data && (await openRevision(owner, pointer.data.digest, await store.revision(owner, pointer.data.digest)))
    if (typeof other === 'object' && other.spec.identity.some(one => isSameWorkload(one, workload)))
      problems.push(takenWorkload(index, owner))
  }
  if (problems.length > 0) throw new Fault('manifest-refused', `${problems.length} workloads are taken`, problems)
}

/** Asks the fleet rules about a manifest; whatever they find is recorded. */
async function judgedByFleet(
  manifest: Manifest,
  publishedBy: string,
  { registryStore, settings, clock, log, counters, audit }: Needed,
): Promise<readonly Problem[]> {
  const app = manifest.metadata.name
  const now = clock.now()
  const fleet = await openFleet(await registryStore.fleet(), now)
  const found = judge(fleet, { point: 'publish', manifest, environment: settings.environment, now })
  const door = 'publish'
  const facts = found.map(({ weight, isError, problem: { rule, layer, path } }) => {
    const why = isError ? 'error' : 'broken'
    counters.count(app, 'fleet_rule_findings_total', { door, rule, weight, why })
    log.write('warn', 'fleet-rule-broken', { app, door, rule, path, weight })
    return { type: 'policy.broken', app, actor: publishedBy, facts: { rule, layer, weight, door, why, path } } as const
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
