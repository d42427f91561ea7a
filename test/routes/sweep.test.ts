import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { homeMailbox, mintEventId } from '#core/delivery/event-id.ts'
import { keys } from '#core/keys.ts'
import type { Ports } from '#core/ports.ts'
import type { Env } from '#platform/env.ts'
import { durableMailboxes } from '#platform/mailboxes.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { r2Spills } from '#platform/spills-r2.ts'
import { sweep } from '#routes/sweep.ts'
import { heldMailbox, incoming, terms } from '../support/mailbox.ts'

const hourMs = 3_600_000

/** The sweep on real R2 and real mailboxes, at a moment of its own. */
function sweepAt(moment: Date, mailboxes: Ports['mailboxes'] = durableMailboxes(env as unknown as Env)) {
  const log = { write: () => {} }
  return sweep({
    payloads: r2Payloads(bucketsOf(env as unknown as Env)),
    mailboxes,
    spills: r2Spills(env as unknown as Env, true),
    clock: { now: () => moment },
    log,
  } as unknown as Ports)
}

const isThere = async (eventId: string) => (await env.PAYLOADS.head(keys.payload(eventId))) !== null

describe('the sweep', () => {
  it('removes a body over an hour old that its mailbox does not know, and leaves one that it knows', async () => {
    const { calls } = await heldMailbox('sweep-known')
    const { body: _, ...kept } = incoming('sweep-known')
    const orphan = mintEventId(homeMailbox('sweep-known'), new Date())
    await calls.accept(kept, terms)
    for (const id of [kept.id, orphan]) await env.PAYLOADS.put(keys.payload(id), 'bytes')
    await sweepAt(new Date(Date.now() + hourMs + 1000))
    expect({ kept: await isThere(kept.id), orphan: await isThere(orphan) }).toEqual({ kept: true, orphan: false })
  })

  it('leaves a body alone that is younger than an hour: its event may just be being accepted', async () => {
    const orphan = mintEventId(homeMailbox('sweep-young'), new Date())
    await env.PAYLOADS.put(keys.payload(orphan), 'bytes')
    await sweepAt(new Date(Date.now() + hourMs - 60_000))
    expect(await isThere(orphan)).toBe(true)
  })

  it('leaves bodies alone whose mailbox does not answer', async () => {
    const orphan = mintEventId(homeMailbox('sweep-away'), new Date())
    await env.PAYLOADS.put(keys.payload(orphan), 'bytes')
    const away = { known: async () => Promise.reject(new Error('away')) } as unknown as Ports['mailboxes']
    expect(await sweepAt(new Date(Date.now() + 2 * hourMs), away)).toMatchObject({ removed: 0 })
    expect(await isThere(orphan)).toBe(true)
  })
})
