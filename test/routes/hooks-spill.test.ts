import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { broken, siblingStub } from '../support/away.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, eventIn, gatedApp, mailboxes, mailboxStub, push } from '../support/gated-app.ts'
import { metric } from '../support/metrics.ts'
import { consumed, kept } from '../support/spilled.ts'

describe('while the mailbox does not answer', () => {
  it('its sibling takes the event, shows it, and hands it over under the same id', async () => {
    const app = 'spill-sibling'
    const seen = await gatedApp(app)
    const mend = await broken(mailboxStub(app))
    const id = await accepted(app, { id: 'evt_1' })
    expect(await mailboxes.show(id)).toMatchObject({ id, state: 'waiting', source: 'shop', attempts: [] })
    expect(await mailboxes.known([id])).toEqual([id])
    expect(await (await push(app, { id: 'evt_1' })).json()).toEqual({ eventId: id, duplicate: true })
    await mend()
    await runDurableObjectAlarm(siblingStub(app))
    await eventIn('delivered', id)
    expect(seen.map(({ headers }) => headers.get('webhook-id'))).toEqual([id])
    expect(await siblingStub(app).known([id])).toEqual([])
    expect(await metric('spills_total', { app, step: 'sibling' })).toBe(2)
    expect(await (await push(app, { id: 'evt_1' })).json()).toEqual({ eventId: id, duplicate: true })
  })

  it('what the sibling cannot hand over yet it keeps, and tries again', async () => {
    const app = 'spill-again'
    await gatedApp(app)
    const mend = await broken(mailboxStub(app))
    const id = await accepted(app)
    for (let n = 0; n < 2; n++) await runDurableObjectAlarm(siblingStub(app))
    expect(await siblingStub(app).known([id])).toEqual([id])
    await mend()
    await runDurableObjectAlarm(siblingStub(app))
    await eventIn('delivered', id)
  })

  it('the id becomes another name of the event that the vendor has sent again meanwhile', async () => {
    const app = 'spill-alias'
    const seen = await gatedApp(app)
    const mend = await broken(mailboxStub(app))
    const large = JSON.stringify({ filler: 'x'.repeat(1_048_576) })
    const told = await accepted(app, { id: 'evt_1', body: large })
    await mend()
    const again = await accepted(app, { id: 'evt_1', body: large })
    expect(again).not.toBe(told)
    await runDurableObjectAlarm(siblingStub(app))
    await eventIn('delivered', again)
    expect(await mailboxes.show(told)).toMatchObject({ id: again })
    expect(seen).toHaveLength(1)
    expect(await env.PAYLOADS.head(keys.payload(told))).toBeNull()
    await mailboxes.replay(told)
    await expect.poll(() => seen.length).toBe(2)
  })

  it('an event that it had kept all the same stays one', async () => {
    const app = 'spill-seemed'
    const seen = await gatedApp(app)
    const accept: typeof mailboxes.accept = async (...all) => {
      await mailboxes.accept(...all)
      throw new Error('no answer within 2000 ms')
    }
    const { eventId } = await kept(app, { mailboxes: { ...mailboxes, accept } })
    await runDurableObjectAlarm(siblingStub(app))
    await eventIn('delivered', eventId)
    expect(await mailboxes.list(app, {}, { limit: 10 })).toHaveLength(1)
    expect(seen).toHaveLength(1)
  })

  it('and its sibling neither, the vendor is asked to come again where queues do not outlive the process', async () => {
    const app = 'spill-refused'
    await gatedApp(app)
    const mend = [await broken(mailboxStub(app)), await broken(siblingStub(app))]
    const response = await push(app)
    expect(response.headers.get('retry-after')).toBe('5')
    await expectFault(response, 'overloaded', 503)
    expect(await metric('spills_total', { app, step: 'refused' })).toBe(1)
    for (const mended of mend) await mended()
  })

  it.each([
    ['small', 7],
    ['large', 1_048_577],
  ])('and its sibling neither, the queue takes it: a %s body', async (size, length) => {
    const app = `spill-queue-${size}`
    const seen = await gatedApp(app)
    const mend = [await broken(mailboxStub(app)), await broken(siblingStub(app))]
    const body = new Uint8Array(length).fill(10)
    const { eventId } = await kept(app, {}, { body, size: length })
    expect(await env.PAYLOADS.head(keys.spill(eventId))).not.toBeNull()
    expect(await consumed(eventId)).toBe('retried')
    for (const mended of mend) await mended()
    expect(await consumed(eventId)).toBe('acked')
    await eventIn('delivered', eventId)
    expect(seen.map(({ body }) => body.length)).toEqual([length])
    expect(seen[0]?.body.every(byte => byte === 10)).toBe(true)
    expect(await env.PAYLOADS.head(keys.spill(eventId))).toBeNull()
    expect(await consumed(eventId)).toBe('acked')
  })

  it('two that were spilled for one event become one', async () => {
    const app = 'spill-twice'
    const seen = await gatedApp(app)
    const mend = [await broken(mailboxStub(app)), await broken(siblingStub(app))]
    const [first, second] = [await kept(app), await kept(app)]
    for (const mended of mend) await mended()
    for (const { eventId } of [first, second]) expect(await consumed(eventId)).toBe('acked')
    await eventIn('delivered', first.eventId)
    expect(await mailboxes.show(second.eventId)).toMatchObject({ id: first.eventId })
    expect(seen).toHaveLength(1)
  })
})

it('what is forgotten while the sibling has it is never handed over', async () => {
  const app = 'spill-forgotten'
  const seen = await gatedApp(app)
  const mend = await broken(mailboxStub(app))
  const id = await accepted(app)
  await mend()
  await mailboxes.forget([id])
  await runDurableObjectAlarm(siblingStub(app))
  expect(await mailboxes.show(id)).toBeUndefined()
  expect(seen).toEqual([])
})
