import * as z from 'zod'
import type { DeadLetter } from '#core/delivery/event.ts'
import { type FaultCode, faults } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'

const Letter = z.strictObject({
  app: z.string(),
  source: z.string(),
  eventId: z.string(),
  reason: z.enum(Object.keys(faults) as [FaultCode, ...FaultCode[]]),
  attempts: z.int(),
  firstAt: z.string(),
  lastAt: z.string(),
}) satisfies z.ZodType<DeadLetter>

interface Batch {
  readonly messages: readonly { readonly body: unknown; ack(): void; retry(): void }[]
}

/** Queue `dead-letters`: archives each dead event, and only then tells its mailbox that it is buried. */
export async function burials({ messages }: Batch, ports: Ports): Promise<void> {
  for (const message of messages) {
    try {
      await bury(message.body, ports)
      message.ack()
    } catch (error) {
      ports.log.write('error', 'burial-failed', { detail: String(error) })
      message.retry()
    }
  }
}

/** The same letter may come twice: archiving again overwrites with the same, and confirming again changes nothing. */
async function bury(body: unknown, { mailboxes, archive, log, counters }: Ports): Promise<void> {
  const parsed = Letter.safeParse(body)
  if (!parsed.success) return log.write('error', 'dead-letter-malformed', { detail: z.prettifyError(parsed.error) })
  const letter = parsed.data
  const dead = await mailboxes.open(letter.eventId)
  if (dead?.event.state !== 'dead') return
  await archive.keep(letter, dead)
  if (!(await mailboxes.buried(letter.eventId))) {
    const wasForgotten = (await mailboxes.known([letter.eventId])).length === 0
    if (wasForgotten) await archive.remove([letter.eventId])
    return
  }
  counters.count(letter.app, 'dead_letters_total', { source: letter.source, reason: letter.reason })
  log.write('warn', 'dead-letter', { ...letter })
}
