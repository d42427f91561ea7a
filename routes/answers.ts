import type { Consignment, Settlement } from '#core/delivery/event.ts'
import { Fault } from '#core/fault.ts'
import type { WebhookSource } from '#core/manifest/webhook-schema.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import type { Ports } from '#core/ports.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import { within } from '#core/within.ts'
import { delivered } from './deliveries.ts'

/** How long a vendor is taken to wait where its documentation does not say. */
const defaultDeadlineMs = 5_000
/** Of the vendor's deadline; the rest is for the way back. */
const shareOfDeadline = 0.8
/** How long the mailbox has to record the outcome before the vendor gets its answer all the same. */
const recordTimeoutMs = 300
/** The largest answer that is handed on. */
const answerBytes = 262_144

/** What the vendor gets for an event that is kept, unless the app itself answers. */
export function keptAnswer({ cannedReply }: WebhookSource, eventId: string, isDuplicate: boolean): Response {
  if (cannedReply) {
    const { status, contentType, body } = cannedReply
    return answerOf(eventId, status, contentType, body)
  }
  return isDuplicate ? Response.json({ eventId, duplicate: true }) : Response.json({ eventId }, { status: 202 })
}

/** A webhook whose vendor waits for the app's answer. */
export interface Waiting {
  readonly receivedAt: Date
  readonly scheme: Scheme
}

/**
 * Makes the first attempt while the vendor waits, and records what became of it. A 4xx is an answer like any
 * other, and final; a redirect, 408, 425, 429, 500 and above is none.
 *
 * @returns the app's answer; `undefined` when there is none to hand on, and the mailbox goes on by itself
 */
export async function answerOfApp(consignment: Consignment, { receivedAt, scheme }: Waiting, ports: Ports) {
  const { eventId } = consignment
  const lastMs = receivedAt.getTime() + (scheme.deadlineMs ?? defaultDeadlineMs) * shareOfDeadline
  let answer: Response | undefined
  const attempted = delivered(consignment, ports, {
    timeoutMs: Math.max(1, lastMs - ports.clock.now().getTime()),
    async read(response) {
      if (!isAnswer(response.status)) return void response.body?.cancel().catch(() => {})
      const body = await bodyOf(response, ports)
      if (body) answer = answerOf(eventId, response.status, response.headers.get('content-type'), body)
      else ports.log.write('warn', 'answer-too-large', { eventId, status: response.status })
    },
  })
  const recorded = attempted.then(settlement => ports.mailboxes.settle(asAnswered(settlement)))
  // a vendor that hangs up meanwhile must not take the record along
  ports.background(recorded.catch(() => {}))
  const { outcome } = await attempted
  await within(recordTimeoutMs, recorded).catch(error => {
    ports.log.write('warn', 'answer-unrecorded', { eventId, detail: String(error) })
  })
  return outcome.kind === 'answered' && isAnswer(outcome.status) ? answer : undefined
}

function asAnswered(settlement: Settlement): Settlement {
  const { outcome } = settlement
  const isFinal = outcome.kind === 'answered' && isAnswer(outcome.status)
  return isFinal ? { ...settlement, outcome: { ...outcome, isFinal } } : settlement
}

function isAnswer(status: number): boolean {
  return (status >= 200 && status < 300) || (status >= 400 && status < 500 && ![408, 425, 429].includes(status))
}

/** Status, type and body are all that is handed on: the answer stands at the gateway's own address. */
function answerOf(eventId: string, status: number, contentType: string | null, body: string | Uint8Array<ArrayBuffer>) {
  const headers = new Headers({
    'gatehouse-event-id': eventId,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  })
  if (contentType) headers.set('content-type', contentType)
  return new Response(body.length > 0 ? body : null, { status, headers })
}

/** The body of an answer; `undefined` when it is too large, or this isolate holds too much already. */
async function bodyOf(answer: Response, { bodies }: Ports): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = new BodyReader(() => answer.body, answer.headers.get('content-length'), bodies)
  reader.capAt(answerBytes)
  try {
    return await reader.read()
  } catch (error) {
    if (error instanceof Fault && error.code !== 'request-invalid') return undefined
    throw error
  } finally {
    reader.release()
  }
}
