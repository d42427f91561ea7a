import type { Consignment, Settlement } from '#core/delivery/event.ts'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import { BodyBudget } from '#core/pipeline/body.ts'
import type { Payloads, Upstreams } from '#core/ports.ts'
import { workerdDigests } from '#platform/digests.ts'
import { answering, entryOf, recordingPorts, secretsOf } from './ports.ts'

/** The two keys with which the app's deliveries are signed. */
export const signingKeys = {
  current: `whsec_${btoa('twenty-four bytes of key')}`,
  next: `whsec_${btoa('another 24 bytes of key.')}`,
}

/** What the courier needs for the deliveries of one app, signed with two keys; the outcomes are in `settled`. */
export function courierPorts(app: string, payloads: Pick<Payloads, 'get'>, upstreams: Upstreams) {
  const settled: Settlement[] = []
  const bodies = new BodyBudget()
  const entry = entryOf({
    webhooks: { shop: { scheme: 'github', secrets: ['vendor'], path: '/hooks' } },
    signing: { secrets: Object.keys(signingKeys) },
  })
  const { ports } = recordingPorts({
    bodies,
    payloads: payloads as Payloads,
    upstreams,
    digests: workerdDigests,
    switches: { find: () => 'open' },
    secrets: secretsOf(signingKeys),
    registry: answering({ kind: 'found', entry: { ...entry, app } }),
    settings: { environment: 'local', isLocal: true, ownHosts: [], regions: new Map() },
    mailboxes: { settle: async (one: Settlement) => void settled.push(one) } as never,
  })
  return { ports, settled, bodies }
}

/** An event of the app as its mailbox hands it over; without a body where that lies in the payload store. */
export function consignmentOf(app: string, body?: Uint8Array): Consignment {
  const eventId = mintEventId(homeMailbox(app), new Date())
  return { eventId, source: 'shop', attempt: 1, receivedAtMs: Date.now(), headers: [], hops: 0, ...(body && { body }) }
}
