import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp, mailboxes, push, source } from '../../support/gated-app.ts'
import { operatorToken } from '../../support/operator.ts'
import { eventually } from '../../support/time.ts'

const admin = 'http://gate.example/admin/v1'

async function call(
  method: string,
  path: string,
  body?: unknown,
  roles: readonly string[] = ['operator'],
): Promise<Response> {
  const headers = { authorization: `Bearer ${await operatorToken({ roles })}`, 'content-type': 'application/json' }
  return exports.default.fetch(admin + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

const about = (email: string) => JSON.stringify({ customer: { email }, nonce: crypto.randomUUID() })
const left = async (app: string) => (await mailboxes.list(app, {}, { limit: 500 })).map(({ id }) => id)

describe('purging one event', () => {
  it('forgets it in the mailbox, its body in the payload store and its archived dead letter', async () => {
    await gatedApp('purge-one', { answer: () => new Response('gone', { status: 410 }) })
    const eventId = await eventIn('dead', await accepted('purge-one', { body: 'x'.repeat(1_048_577) })).then(
      ({ id }) => id,
    )
    const objects = [keys.payload(eventId), keys.deadLetter(eventId), keys.deadLetterBody(eventId)]
    const there = async () => (await Promise.all(objects.map(key => env.PAYLOADS.head(key)))).map(Boolean)
    await eventually(async () => expect(await there()).toEqual([true, true, true]), 10_000)

    expect((await call('DELETE', `/events/${eventId}?reason=asked%20for`)).status).toBe(204)
    expect(await there()).toEqual([false, false, false])
    await expectFault(await call('GET', `/events/${eventId}`), 'not-found', 404)
  }, 15_000)

  it('needs the role operator, a reason and an event that is there', async () => {
    await gatedApp('purge-refused')
    const eventId = await accepted('purge-refused')
    await expectFault(await call('DELETE', `/events/${eventId}?reason=x`, undefined, ['viewer']), 'role-missing', 403)
    await expectFault(await call('DELETE', `/events/${eventId}`), 'request-invalid', 400)
    await expectFault(
      await call('DELETE', `/events/${eventId.slice(0, -1)}${eventId.endsWith('0') ? '1' : '0'}?reason=x`),
      'not-found',
      404,
    )
    expect(await left('purge-refused')).toEqual([eventId])
  })

  it('leaves its vendor id free: what is forgotten is known as no duplicate', async () => {
    await gatedApp('purge-free')
    const eventId = await accepted('purge-free', { id: 'evt_1' })
    await call('DELETE', `/events/${eventId}?reason=x`)
    expect((await push('purge-free', { id: 'evt_1' })).status).toBe(202)
  })

  it('lets the next of its order key go on', async () => {
    const waits = Promise.withResolvers<Response>()
    const seen = await gatedApp('purge-order', { source: { orderBy: '/key' }, answer: () => waits.promise })
    const [first, second] = [
      await accepted('purge-order', { body: '{"key":1,"n":1}' }),
      await accepted('purge-order', { body: '{"key":1,"n":2}' }),
    ]
    await eventually(() => expect(seen).toHaveLength(1))
    await call('DELETE', `/events/${first}?reason=x`)
    await eventually(() => expect(seen.map(({ headers }) => headers.get('webhook-id'))).toEqual([first, second]))
    waits.resolve(new Response('ok'))
    await eventIn('delivered', second)
  })
})

describe('purging an app', () => {
  it('forgets exactly the events about one person, in small and in large bodies', async () => {
    await gatedApp('purge-subject')
    const large = JSON.stringify({ customer: { email: 'ann@example.com' }, filler: 'x'.repeat(1_048_577) })
    const hers = [
      await accepted('purge-subject', { body: about('ann@example.com') }),
      await accepted('purge-subject', { body: large }),
    ]
    const others = [
      await accepted('purge-subject', { body: about('ben@example.com') }),
      await accepted('purge-subject', { body: 'ann@example.com, but no JSON' }),
    ]
    const subject = { pointer: '/customer/email', value: 'ann@example.com' }
    const response = await call('POST', '/apps/purge-subject/purge', { subject, reason: 'deletion request 4711' })
    expect(await response.json()).toEqual({ purged: hers.length, next: null })
    expect((await left('purge-subject')).sort()).toEqual(others.sort())
  })

  it('forgets the events of one source, or all', async () => {
    await gatedApp('purge-app', { moreSources: { other: source() } })
    for (let n = 0; n < 60; n++) await accepted('purge-app', { body: about(`${n}@example.com`) })
    const kept = await accepted('purge-app', { source: 'other' })
    const bySource = await call('POST', '/apps/purge-app/purge', { source: 'shop', reason: 'x' })
    expect(await bySource.json()).toEqual({ purged: 60, next: null })
    expect(await left('purge-app')).toEqual([kept])
    expect(await (await call('POST', '/apps/purge-app/purge', { reason: 'x' })).json()).toMatchObject({ purged: 1 })
    expect(await left('purge-app')).toEqual([])
  })

  it('refuses an order with a pointer that is none, and lists everything wrong with it', async () => {
    await gatedApp('purge-invalid')
    const response = await call('POST', '/apps/purge-invalid/purge', { subject: { pointer: 'email' }, sauce: 'shop' })
    const { faults } = await response.json<{ faults: { path: string }[] }>()
    expect(response.status).toBe(400)
    expect(faults.map(({ path }) => path).sort()).toEqual(['reason', 'sauce', 'subject.pointer', 'subject.value'])
  })
})
