import { exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { schemes } from '#core/webhook/schemes.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, eventIn, gatedApp, mailboxes, push } from '../support/gated-app.ts'
import { metric } from '../support/metrics.ts'
import { operatorToken } from '../support/operator.ts'
import { eventually } from '../support/time.ts'

const when = "body.type.startsWith('invoice.')"
const schema = { type: 'object', required: ['amount'], properties: { amount: { type: 'integer' } } }
const invoice = '{"type":"invoice.paid","amount":3}'
const charge = '{"type":"charge.failed"}'

afterEach(() => void vi.restoreAllMocks())

describe('an event that the filter lets go', () => {
  it('is accepted, listed as dropped, counted, and not delivered; the next one that it holds of is', async () => {
    const seen = await gatedApp('filter-drop', { source: { when } })
    const dropped = await accepted('filter-drop', { body: charge })
    const wanted = await accepted('filter-drop', { body: invoice })
    await eventIn('delivered', wanted)

    expect(await eventIn('dropped', dropped)).toMatchObject({ state: 'dropped', attempts: [], size: charge.length })
    expect(seen.map(({ headers }) => headers.get('webhook-id'))).toEqual([wanted])
    const list = await exports.default.fetch('http://gate.example/admin/v1/events?app=filter-drop&state=dropped', {
      headers: { authorization: `Bearer ${await operatorToken()}` },
    })
    expect(await list.json()).toMatchObject({ items: [{ id: dropped, state: 'dropped' }] })
    expect(await metric('hooks_requests_total', { app: 'filter-drop', result: 'dropped' })).toBe(1)
    expect(await metric('hooks_requests_total', { app: 'filter-drop', result: 'accepted' })).toBe(1)
    expect(await metric('policy_verdicts_total', { app: 'filter-drop', policy: 'filter', verdict: 'drop' })).toBe(1)
  })

  it('is known again like any other', async () => {
    await gatedApp('filter-duplicate', { source: { when } })
    const eventId = await accepted('filter-duplicate', { id: 'evt_1', body: charge })
    const again = await push('filter-duplicate', { id: 'evt_1', body: charge })
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ eventId, duplicate: true })
    expect(await metric('hooks_requests_total', { app: 'filter-duplicate', result: 'dropped' })).toBe(1)
  })

  it('is delivered with its exact bytes once it is replayed', async () => {
    const seen = await gatedApp('filter-replay', { source: { when, schema } })
    const body = '{ "type" : "charge.failed" }'
    const eventId = await accepted('filter-replay', { body })
    await mailboxes.replay(eventId)
    await eventIn('delivered', eventId)
    expect(seen.map(({ body }) => new TextDecoder().decode(body))).toEqual([body])
  })

  it('is kept, too, where its body is too large for a row, and delivered once it is replayed', async () => {
    const seen = await gatedApp('filter-large', { source: { when } })
    const body = JSON.stringify({ type: 'charge.failed', pad: 'x'.repeat(1_100_000) })
    const eventId = await accepted('filter-large', { body })
    expect(await eventIn('dropped', eventId)).toMatchObject({ size: body.length })
    await mailboxes.replay(eventId)
    await eventIn('delivered', eventId)
    expect(seen[0]?.body.length).toBe(body.length)
  })

  it('does not hold up, nor is held up by, the events of its key', async () => {
    const seen = await gatedApp('filter-order', { source: { when, orderBy: '/customer' } })
    const events = ['charge.failed', 'invoice.paid', 'charge.failed', 'invoice.voided']
    for (const type of events) await accepted('filter-order', { body: JSON.stringify({ type, customer: 'c' }) })
    await eventually(() => expect(seen).toHaveLength(2))
  })
})

describe('a filter', () => {
  it('that cannot judge an event keeps it, counted', async () => {
    await gatedApp('filter-errs', { source: { when } })
    await eventIn('delivered', await accepted('filter-errs', { body: '{"kind":"invoice.paid"}' }))
    await eventIn('delivered', await accepted('filter-errs', { body: 'type=invoice.paid' }))
    expect(await metric('filter_errors_total', { app: 'filter-errs', source: 'shop', reason: 'missing' })).toBe(1)
    expect(await metric('filter_errors_total', { app: 'filter-errs', source: 'shop', reason: 'absent' })).toBe(1)
  })

  it('in shadow mode delivers what it would drop, and counts that it would', async () => {
    await gatedApp('filter-shadow', { source: { when }, spec: { policies: { filter: { mode: 'shadow' } } } })
    await eventIn('delivered', await accepted('filter-shadow', { body: charge }))
    expect(
      await metric('policy_verdicts_total', { app: 'filter-shadow', policy: 'filter', verdict: 'would-drop' }),
    ).toBe(1)
    expect(await metric('hooks_requests_total', { app: 'filter-shadow', result: 'dropped' })).toBe(0)
  })

  it('that is off delivers what it would drop, and counts nothing', async () => {
    await gatedApp('filter-off', { source: { when }, spec: { policies: { filter: { mode: 'off' } } } })
    await eventIn('delivered', await accepted('filter-off', { body: charge }))
    expect(await metric('policy_verdicts_total', { app: 'filter-off', policy: 'filter' })).toBe(0)
  })

  it('does not stand between a vendor and its handshake', async () => {
    await gatedApp('filter-handshake', { source: { scheme: 'slack', when, schema } })
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aB' })
    const response = await push('filter-handshake', { scheme: schemes.slack, body })
    expect(await response.text()).toBe('3eZbrw1aB')
  })

  it('judges only what the vendor signed', async () => {
    await gatedApp('filter-forged', { source: { when } })
    await expectFault(await push('filter-forged', { body: charge, secret: 'whsec_AAAA' }), 'signature-mismatch', 401)
  })
})

describe('a payload that does not fit the schema', () => {
  it('is refused as schema-mismatch; the log has the places, strangers do not, and nobody has the values', async () => {
    const log = vi.spyOn(console, 'log')
    const seen = await gatedApp('schema-deny', { source: { schema } })
    const problem = await expectFault(
      await push('schema-deny', { body: '{"amount":"secret"}' }),
      'schema-mismatch',
      422,
    )
    expect(problem.policy).toBe('schema')
    expect(JSON.stringify(problem)).not.toMatch(/amount/)
    const lines = log.mock.calls.map(([line]) => String(line)).filter(line => line.includes(problem.requestId))
    expect(lines.map(line => JSON.parse(line))).toMatchObject([{ fault: 'schema-mismatch', detail: '/amount (type)' }])
    expect(lines.join()).not.toContain('secret')
    expect(seen).toHaveLength(0)
  })

  it('leaves its event id free, for the vendor to send it mended', async () => {
    await gatedApp('schema-free', { source: { schema } })
    await expectFault(await push('schema-free', { id: 'evt_1', body: '{}' }), 'schema-mismatch', 422)
    await accepted('schema-free', { id: 'evt_1', body: '{"amount":1}' })
  })

  it('that is no JSON is refused likewise', async () => {
    await gatedApp('schema-no-json', { source: { schema } })
    await expectFault(await push('schema-no-json', { body: 'amount=3' }), 'schema-mismatch', 422)
  })

  it('is delivered in shadow mode, and counted as one that would be denied', async () => {
    await gatedApp('schema-shadow', { source: { schema }, spec: { policies: { schema: { mode: 'shadow' } } } })
    await eventIn('delivered', await accepted('schema-shadow', { body: '{}' }))
    expect(
      await metric('policy_verdicts_total', { app: 'schema-shadow', policy: 'schema', verdict: 'would-deny' }),
    ).toBe(1)
  })

  it('is delivered where the policy is off', async () => {
    await gatedApp('schema-off', { source: { schema }, spec: { policies: { schema: { mode: 'off' } } } })
    await eventIn('delivered', await accepted('schema-off', { body: 'no json' }))
  })

  it('is not refused where the filter lets it go', async () => {
    await gatedApp('schema-dropped', { source: { when, schema } })
    await eventIn('dropped', await accepted('schema-dropped', { body: charge }))
    await expectFault(await push('schema-dropped', { body: '{"type":"invoice.paid"}' }), 'schema-mismatch', 422)
  })
})
