import { Fault, type Problem } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import type { Manifest } from './schema.ts'

/** What a manifest must not take back of the one in force before it: mailboxes that are there cannot be undone. */
export function successionProblems(before: Manifest, after: Manifest): Problem[] {
  return Object.entries(after.spec.webhooks).flatMap(([name, { delivery }]) => {
    const had = before.spec.webhooks[name]?.delivery.shards ?? 1
    if (delivery.shards >= had) return []
    const path = `spec.webhooks.${name}.delivery.shards`
    const reason = `is ${delivery.shards}, and ${had} are in force: events lie in all of them`
    return [{ path, reason, remedy: `Write ${had} or more; concurrency and perSecond may shrink.` }]
  })
}

/** @throws Fault `manifest-refused` when the manifest cannot follow the one in force, as far as that is known */
export async function assertSucceeds(manifest: Manifest, { registry }: Pick<Ports, 'registry'>): Promise<void> {
  const { name } = manifest.metadata
  const lookup = await registry.find(name)
  const problems = lookup.kind === 'found' ? successionProblems(lookup.entry.manifest, manifest) : []
  if (problems.length > 0) throw new Fault('manifest-refused', `${name}: ${problems.length}`, problems)
}
