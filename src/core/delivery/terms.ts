import type { WebhookSource } from '#core/manifest/webhook-schema.ts'
import type { DeliveryTerms } from './event.ts'

/** What a mailbox needs to know of a source: how many deliveries at once, for how long, and how often again. */
export function termsOf({ delivery, retry }: WebhookSource): DeliveryTerms {
  return { concurrency: delivery.concurrency, timeoutMs: delivery.timeoutMs, retry }
}
