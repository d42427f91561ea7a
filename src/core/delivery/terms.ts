import type { Manifest } from '#core/manifest/schema.ts'
import type { WebhookSource } from '#core/manifest/webhook-schema.ts'
import type { DeliveryTerms } from './event.ts'

/** What a mailbox needs to know of a source: how many deliveries at once, how fast, for how long, how often again. */
export function termsOf({ delivery, retry, retentionDays }: WebhookSource, { spec }: Manifest): DeliveryTerms {
  const { concurrency, perSecond, timeoutMs } = delivery
  return {
    concurrency,
    ...(perSecond !== undefined && { perSecond }),
    timeoutMs,
    retry,
    breaker: spec.breaker,
    ...(retentionDays !== undefined && { retentionDays }),
    ...(spec.owner.notify && { tellsOwner: true }),
  }
}
