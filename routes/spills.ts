import * as z from 'zod'
import { handOver } from '#core/delivery/hand-over.ts'
import type { Ports } from '#core/ports.ts'

const Message = z.strictObject({ eventId: z.string(), r2Key: z.string() })

/** How soon a mailbox that still does not answer is asked again. */
const delaySeconds = 30

interface Batch {
  readonly messages: readonly {
    readonly body: unknown
    ack(): void
    retry(options?: { delaySeconds: number }): void
  }[]
}

/** Queue `spill`: hands over events that no mailbox could take when they came. */
export async function spills({ messages }: Batch, ports: Ports): Promise<void> {
  for (const message of messages) {
    const parsed = Message.safeParse(message.body)
    if (!parsed.success) {
      ports.log.write('error', 'spill-malformed', { detail: z.prettifyError(parsed.error) })
      message.ack()
    } else if (await unspilled(parsed.data.eventId, ports)) message.ack()
    else message.retry({ delaySeconds })
  }
}

/**
 * Hands one spilled event over and forgets that it was spilled. Of one that is not there any more there is
 * nothing left to do.
 *
 * @returns whether that is done; if not, it is logged, and to be tried again
 */
export async function unspilled(eventId: string, ports: Ports): Promise<boolean> {
  try {
    const spilled = await ports.spills.get(eventId)
    if (!spilled) return true
    await handOver(spilled, ports)
    await ports.spills.remove(eventId)
    return true
  } catch (error) {
    ports.log.write('warn', 'hand-over-failed', { eventId, detail: String(error) })
    return false
  }
}
