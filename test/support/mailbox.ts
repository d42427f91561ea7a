import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Consignment, DeadLetter, DeliveryTerms, IncomingEvent, Outcome } from '#core/delivery/event.ts'
import { homeMailbox, mailboxName, mintEventId } from '#core/delivery/event-id.ts'
import type { Notice } from '#core/owner/notice.ts'
import type { Env, Objects } from '#platform/env.ts'
import type { MailboxObject } from '#platform/mailbox/object.ts'

/** A mailbox whose courier and queue are in the test's hands: nothing is attempted or buried unless the test says so. */
export interface HeldMailbox {
  readonly stub: ReturnType<typeof env.MAILBOX.getByName>
  /** The mailbox over RPC, as the gateway calls it. */
  readonly calls: ReturnType<Objects<MailboxObject>['getByName']>
  /** What the mailbox handed to the courier, call by call. */
  readonly batches: (readonly Consignment[])[]
  /** What the mailbox sent to the queue, in order. */
  readonly letters: DeadLetter[]
  /** What the mailbox has to tell the owner, in order. */
  readonly notices: Notice[]
  /** When the alarm goes off, in ms since 1970; `null` when none is set. */
  alarm(): Promise<number | null>
  settle(eventId: string, attempt: number, outcome: Outcome): Promise<void>
}

export const terms: DeliveryTerms = {
  concurrency: 10,
  timeoutMs: 15_000,
  retry: { attempts: 12, baseSeconds: 5, maxSeconds: 21_600, maxAgeSeconds: 259_200 },
}

/** Takes the courier and the queue of an app's mailbox into the test's hands; to be done again after an eviction. */
export async function heldMailbox(app: string, shard = 0): Promise<HeldMailbox> {
  const name = mailboxName({ ...homeMailbox(app), shard })
  const stub = env.MAILBOX.getByName(name)
  const batches: (readonly Consignment[])[] = []
  const letters: DeadLetter[] = []
  const notices: Notice[] = []
  const COURIER = {
    deliver: async (batch: readonly Consignment[]) => void batches.push(batch),
    tell: async (batch: readonly Notice[]) => void notices.push(...batch),
  }
  const DEAD_LETTERS = {
    sendBatch: async (messages: { body: DeadLetter }[]) => void letters.push(...messages.map(({ body }) => body)),
  }
  await runInDurableObject(stub, instance => {
    const own = instance as unknown as { env: object }
    own.env = { ...own.env, COURIER, DEAD_LETTERS }
  })
  const calls = (env as unknown as Env).MAILBOX.getByName(name)
  return {
    stub,
    calls,
    batches,
    letters,
    notices,
    alarm: () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm()),
    settle: (eventId, attempt, outcome) => calls.settle({ eventId, attempt, outcome }),
  }
}

/** A verified webhook of an app, as the door hands it to the mailbox. */
export function incoming(app: string, over: Partial<IncomingEvent> = {}): IncomingEvent {
  const body = new TextEncoder().encode('{"n":1}')
  return {
    id: mintEventId(homeMailbox(app), new Date()),
    source: 'shop',
    receivedAtMs: Date.now(),
    headers: [['content-type', 'application/json']],
    body,
    size: body.length,
    hops: 0,
    claims: {},
    dedupeMs: 3_600_000,
    ...over,
  }
}

export const answered = (status: number, retryAtMs?: number): Outcome => ({
  kind: 'answered',
  status,
  ms: 7,
  ...(retryAtMs !== undefined && { retryAtMs }),
})
