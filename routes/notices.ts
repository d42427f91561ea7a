import { attempt } from '#core/delivery/attempt.ts'
import type { Outcome } from '#core/delivery/event.ts'
import { mailboxName, mailboxOf } from '#core/delivery/event-id.ts'
import { unfetchable } from '#core/egress/fetchable.ts'
import { utf8Bytes } from '#core/encoding.ts'
import type { Entry } from '#core/manifest/entry.ts'
import { type Notice, noticeText, type Telling } from '#core/owner/notice.ts'
import type { Ports } from '#core/ports.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { signAs } from '#core/webhook/sign.ts'

/** How long an owner has to take a message. */
const timeoutMs = 10_000

/** A mailbox has something to tell the owner of its app: each message is sent once, and what became of it reported. */
export async function notices(messages: readonly Notice[], ports: Ports): Promise<void> {
  await Promise.all(messages.map(async notice => ports.mailboxes.notified(notice.id, await told(notice, ports))))
}

async function told(notice: Notice, ports: Ports): Promise<Telling> {
  const { id, type, count } = notice
  const app = mailboxOf(id)?.app ?? ''
  const { telling, detail } = await sent(notice, app, ports).catch(error => failed(String(error)))
  ports.counters.count(app, 'owner_notices_total', { type, result: telling })
  if (telling === 'failed' || telling === 'refused') {
    ports.log.write('warn', 'owner-untold', { app, type, id, count, result: telling, detail })
  }
  return telling
}

interface Sent {
  readonly telling: Telling
  readonly detail?: string
}

const failed = (detail: string): Sent => ({ telling: 'failed', detail })

/** With the entry of this moment: the owner may have moved, or want to hear nothing any more. */
async function sent(notice: Notice, app: string, ports: Ports): Promise<Sent> {
  const lookup = await ports.registry.find(app)
  if (lookup.kind === 'invalid') return failed(lookup.detail)
  const entry = lookup.kind === 'found' ? lookup.entry : undefined
  const notify = entry?.manifest.spec.owner.notify
  if (!entry || !notify || isOver(notice, entry)) return { telling: 'unwanted' }

  const unsafe = unfetchable(notify.url, ports.settings)
  if (unsafe) return failed(`owner.notify.url ${unsafe}`)
  const secret = await ports.secrets.find(app, notify.secret)
  if (!secret) return failed(`the secret ${notify.secret} of ${app} is not in place`)

  const address = mailboxOf(notice.id)
  const body = utf8Bytes(noticeText(app, address ? mailboxName(address) : '', notice))
  const timestampSeconds = Math.floor(ports.clock.now().getTime() / 1000)
  const signed = await signAs(schemes['standard-webhooks'], body, { id: notice.id, timestampSeconds }, [secret])
  const headers = new Headers({ 'content-type': 'application/json', 'gatehouse-hops': '1', ...signed })
  return judged(await attempt(notify.url, headers, body, timeoutMs, ports.upstreams, ports.clock))
}

/** An app that was renewed meanwhile does not end then. What this isolate remembers may be older than the message. */
function isOver({ type, events }: Notice, entry: Entry): boolean {
  return type === 'expiring' && events.every(({ expiresAt = '' }) => Date.parse(expiresAt) < entry.expiresAt.getTime())
}

/** 410 says that nobody lives there any more (Standard Webhooks, "Operational considerations"). */
function judged(outcome: Outcome): Sent {
  if (outcome.kind !== 'answered') return failed(outcome.fault)
  if (outcome.status >= 200 && outcome.status < 300) return { telling: 'told' }
  const detail = `the owner's address answered ${outcome.status}`
  return outcome.status === 410 ? { telling: 'refused', detail } : failed(detail)
}
