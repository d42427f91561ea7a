import type { Manifest } from '#core/manifest/schema.ts'
import type { WebhookSource } from '#core/manifest/webhook-schema.ts'
import type { DeliveryTerms } from './event.ts'
import { shareOf } from './shard.ts'

/**
 * What a mailbox needs to know of a source: how many deliveries at once, how fast, for how long, how often
 * again. With several shards each has its share.
 */
export function termsOf(
  { delivery, retry, retentionDays }: WebhookSource,
  { spec }: Manifest,
  shard = 0,
): DeliveryTerms {
  const { concurrency, perSecond, timeoutMs, shards } = delivery
  const whole: DeliveryTerms = {
    concurrency,
    ...(perSecond !== undefined && { perSecond }),
    timeoutMs,
    retry,
    breaker: spec.breaker,
    ...(retentionDays !== undefined && { retentionDays }),
    ...(spec.owner.notify && { tellsOwner: true }),
  }
  return shards === 1 ? whole : { ...shareOf(whole, shard, shards), shards }
}
