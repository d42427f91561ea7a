import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { noise, sha256 } from '../support/bytes.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, eventIn, gatedApp, hookUrl, push, signature } from '../support/gated-app.ts'
import { eventually } from '../support/time.ts'

const mib = 1_048_576

describe('the bytes of a body', () => {
  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ['0 bytes', new Uint8Array()],
    [
      'bytes that are no UTF-8',
      new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x0a, 0x0d, 0x0d, 0x0a, 0xed, 0xa0, 0x80]),
    ],
    ['a byte order mark and spaces', utf8Bytes('\ufeff {"a" : 1.0,"a":1e400}\n')],
    ['1 MiB exactly', noise(mib)],
    ['1 MiB and 1 byte', noise(mib + 1)],
    ['10 MiB', noise(10 * mib)],
  ])('reach the app as they were signed: %s', async (what, body) => {
    const app = `body-${what.toLowerCase().replaceAll(' ', '-')}`
    const seen = await gatedApp(app)
    const eventId = await accepted(app, { body })
    const { size } = await eventIn('delivered', eventId)
    expect(size).toBe(body.length)
    expect(await sha256(seen[0]?.body)).toBe(await sha256(body))

    const inStore = await env.PAYLOADS.head(`payloads/${eventId}`)
    expect(inStore?.size).toBe(body.length > mib ? body.length : undefined)
  })

  it('over 1 MiB leave nothing behind in the payload store when they are a duplicate', async () => {
    await gatedApp('body-duplicate')
    const body = noise(mib + 1)
    const eventId = await accepted('body-duplicate', { id: 'evt_1', body })
    expect((await push('body-duplicate', { id: 'evt_1', body })).status).toBe(200)
    const { objects } = await env.PAYLOADS.list({ prefix: 'payloads/any~body-duplicate~' })
    expect(objects.map(({ key }) => key)).toEqual([`payloads/${eventId}`])
  })

  it('over 1 MiB are the same on a later attempt as on the first', async () => {
    let tries = 0
    const seen = await gatedApp('body-again', {
      source: { retry: { baseSeconds: 1, maxSeconds: 1 } },
      answer: () => new Response(null, { status: ++tries === 1 ? 503 : 200, headers: { 'retry-after': '0' } }),
    })
    const body = noise(mib + 1)
    await eventIn('delivered', await accepted('body-again', { body }))
    expect(await Promise.all(seen.map(one => sha256(one.body)))).toEqual([await sha256(body), await sha256(body)])
  })
})

describe('the memory that an isolate has for bodies', () => {
  it('refuses with 503 and Retry-After what would exceed it, and is there again when the others are done', async () => {
    await gatedApp('body-budget', { spec: { limits: { bodyBytes: 25 * mib } } })
    const [one, other] = [await stalled(25 * mib, 20 * mib), await stalled(25 * mib, 20 * mib)]
    const first = await Promise.race([one.answer, other.answer])
    expect(first.headers.get('retry-after')).toBe('5')
    await expectFault(first, 'overloaded', 503)
    await accepted('body-budget')

    await Promise.all([one.hangUp(), other.hangUp()])
    const large = { body: noise(24 * mib), secret: 'whsec_AAAA' }
    await eventually(async () => expectFault(await push('body-budget', large), 'signature-mismatch', 401))
  })

  it('is nobody’s who states much and sends nothing', async () => {
    await gatedApp('body-idle', { spec: { limits: { bodyBytes: 25 * mib } } })
    const idle = await Promise.all(Array.from({ length: 20 }, () => stalled(25 * mib, 0, 'body-idle')))
    const large = { body: noise(24 * mib), secret: 'whsec_AAAA' }
    await expectFault(await push('body-idle', large), 'signature-mismatch', 401)
    await Promise.all(idle.map(({ hangUp }) => hangUp()))
  })

  it('is given back after every refusal', async () => {
    await gatedApp('body-given-back', { spec: { limits: { bodyBytes: 25 * mib } } })
    const body = noise(10 * mib)
    for (let n = 0; n < 6; n++) {
      await expectFault(await push('body-given-back', { body, secret: 'whsec_AAAA' }), 'signature-mismatch', 401)
    }
    await accepted('body-given-back', { body })
  })
})

/** A request that states its length and then falls silent. */
async function stalled(bytes: number, sentBytes: number, app = 'body-budget') {
  const { readable, writable } = new FixedLengthStream(bytes)
  const writer = writable.getWriter()
  if (sentBytes > 0) writer.write(noise(sentBytes)).catch(() => {})
  const request = { method: 'POST', headers: await signature({}), body: readable }
  const answer = exports.default.fetch(hookUrl(app), request)
  const hangUp = async () => {
    await writer.abort(new Error('the vendor hung up')).catch(() => {})
    await answer.catch(() => {})
  }
  return { answer, hangUp }
}
