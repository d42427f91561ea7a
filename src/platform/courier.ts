import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Consignment } from '#core/delivery/event.ts'

/**
 * The stateless entrypoint that mailboxes hand their events to. It is apart from the mailbox because an
 * object has few connections, and one upstream that hangs must not stall the rest.
 */
export function courier(deliver: (consignments: readonly Consignment[]) => Promise<void>) {
  return class extends WorkerEntrypoint {
    deliver(consignments: readonly Consignment[]): Promise<void> {
      return deliver(consignments)
    }
  }
}
