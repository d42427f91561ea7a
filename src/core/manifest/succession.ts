import type { Pointer } from './entry.ts'
import type { Finding } from './problems.ts'
import type { Manifest } from './schema.ts'

type Shards = NonNullable<Pointer['shards']>

/** The most shards that each source has ever had, where that is more than one; sources that are gone are remembered. */
export function mostShards(before: Pointer | undefined, { spec }: Manifest): Shards {
  const now = Object.entries(spec.webhooks).map(([name, { delivery }]) => [name, delivery.shards] as const)
  const had = before?.shards ?? {}
  const grown = now.filter(([name, shards]) => shards > (had[name] ?? 1))
  return { ...had, ...Object.fromEntries(grown) }
}

/** What a manifest must not take back of those in force before it: mailboxes that are there cannot be undone. */
export function successionFindings(before: Pointer | undefined, { spec }: Manifest): Finding[] {
  return Object.entries(before?.shards ?? {}).flatMap(([name, had]) => {
    const shards = spec.webhooks[name]?.delivery.shards ?? had
    if (shards >= had) return []
    const reason = `is ${shards}, but the source has had ${had}: events lie in all of them`
    const remedy = `Write ${had} or more; concurrency and perSecond may shrink.`
    return [{ at: ['spec', 'webhooks', name, 'delivery', 'shards'], reason, remedy }]
  })
}

/**
 * The manifest as it is in force. One that was gone back to may name fewer shards than its sources have had
 * since; the higher number stays, so that no order key changes its mailbox and no duplicate is missed.
 */
export function withMostShards(manifest: Manifest, { shards = {} }: Pick<Pointer, 'shards'>): Manifest {
  const { webhooks } = manifest.spec
  const raised = Object.entries(shards).flatMap(([name, had]) => {
    const source = webhooks[name]
    if (!source || source.delivery.shards >= had) return []
    return [[name, { ...source, delivery: { ...source.delivery, shards: had } }] as const]
  })
  if (raised.length === 0) return manifest
  return { ...manifest, spec: { ...manifest.spec, webhooks: { ...webhooks, ...Object.fromEntries(raised) } } }
}
