import type { Problem } from '#core/fault.ts'
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
