import { WorkerEntrypoint } from 'cloudflare:workers'
import type { Consignment } from '#core/delivery/event.ts'
import type { Notice } from '#core/owner/notice.ts'

/** What the courier does with what a mailbox hands over. */
export interface Errands {
  deliver(consignments: readonly Consignment[]): Promise<void>
  tell(notices: readonly Notice[]): Promise<void>
}

/**
 * The stateless entrypoint that mailboxes hand their events to, and their messages to the owner. It is
 * apart from the mailbox because an object has few connections, and one upstream that hangs must not stall
 * the rest.
 */
export function courier(errands: Errands) {
  return class extends WorkerEntrypoint implements Errands {
    deliver(consignments: readonly Consignment[]): Promise<void> {
      return errands.deliver(consignments)
    }

    tell(notices: readonly Notice[]): Promise<void> {
      return errands.tell(notices)
    }
  }
}
