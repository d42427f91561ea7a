import { beforeEach, describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { storeTimeoutMs } from '#core/limits/rates.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { streamOf } from '../support/ports.ts'
import { eventually, moveTimeTo, stretchTimersOf } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const fault = (response: Response) => response.headers.get('gatehouse-fault')
const to = (location: string, status = 302) => new Response(null, { status, headers: { location } })

/** An app whose first host redirects to its second, with the fields of the second's rule. */
async function redirecting(name: string, rule: Record<string, unknown>, answer?: () => Response) {
  const [from, onto] = [`${name}-from.example.com`, `${name}-onto.example.com`]
  const first = appAt(from, () => to(`https://${onto}/b`))
  const second = appAt(onto, answer)
  const token = await egressApp(name, { egress: [{ to: `https://${from}` }, { to: `https://${onto}`, ...rule }] })
  return { first, second, out: (init: RequestInit = {}) => goOut(token, `/${from}/a`, init) }
}

describe('a redirect counts in the limits of the rule that it matches', () => {
  beforeEach(() => stretchTimersOf(storeTimeoutMs))

  it('its budget of requests', async () => {
    moveTimeTo('2027-02-10T12:00:00Z')
    const { first, second, out } = await redirecting('hop-requests', { budget: { requestsPerDay: 2 } })
    const answers = []
    for (let n = 0; n < 3; n++) answers.push(await out())
    expect(answers.map(fault)).toEqual([null, null, 'quota-exceeded'])
    expect(answers[2]?.headers.get('retry-after')).toBe('43200')
    expect(answers[2]?.headers.get('ratelimit-policy')).toBe('"requestsPerDay";q=2;w=86400')
    expect([first.length, second.length]).toEqual([3, 2])
  })

  it('its budget of bytes, and not that of the first rule', async () => {
    const { out } = await redirecting(
      'hop-bytes',
      { budget: { bytesPerDay: 300 } },
      () => new Response('x'.repeat(200)),
    )
    const refused = await eventually(async () => {
      const response = await out()
      await response.text()
      if (response.status !== 429) throw new Error('not refused yet')
      return response
    })
    expect(fault(refused)).toBe('quota-exceeded')
  })

  it('its rate', async () => {
    const { second, out } = await redirecting('hop-rate', { rate: { limit: 1, windowSeconds: 60 } })
    expect([fault(await out()), fault(await out())]).toEqual([null, 'rate-exceeded'])
    expect(second).toHaveLength(1)
  })

  it('its slots, until the answer has been read; the slot of the rule before is free by then', async () => {
    let mayEnd = false
    const answer = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          async start(controller) {
            controller.enqueue(utf8Bytes('x'))
            while (!mayEnd) await new Promise(resolve => setTimeout(resolve, 5))
            controller.close()
          },
        }),
      )
    const [from, onto] = ['hop-slots-from.example.com', 'hop-slots-onto.example.com']
    appAt(from, ({ url }) => (url.endsWith('/a') ? to(`https://${onto}/b`) : new Response('own')))
    appAt(onto, answer)
    const token = await egressApp('hop-slots', {
      egress: [
        { to: `https://${from}`, concurrency: 1 },
        { to: `https://${onto}`, concurrency: 1 },
      ],
    })
    const first = await goOut(token, `/${from}/a`)
    expect(first.status).toBe(200)
    expect(fault(await goOut(token, `/${from}/a`))).toBe('concurrency-exceeded')
    expect(await (await goOut(token, `/${from}/own`)).text()).toBe('own')
    mayEnd = true
    await first.text()
    await eventually(async () => {
      const again = await goOut(token, `/${from}/a`)
      await again.text()
      expect(again.status).toBe(200)
    })
  })

  it('its size, its time, and whether it hands on what it redirects to', async () => {
    const { out } = await redirecting('hop-terms', { maxBytes: 100 }, () => new Response('x'.repeat(200)))
    await expect((await out()).text()).rejects.toThrow('larger than 100 bytes')
    const slow = await redirecting('hop-slow', { timeoutMs: 100 }, () => new Promise(() => {}) as never)
    expect(fault(await slow.out())).toBe('upstream-timeout')
    const last = await redirecting('hop-last', { followRedirects: false }, () => to('https://evil.example/'))
    expect((await last.out()).headers.get('location')).toBe('https://evil.example/')
  })
})

describe('a redirect that asks for the body again', () => {
  const masking = { entities: ['EMAIL'], action: 'redact' }

  it.each([307, 308])('%i gets it where it is in memory because it was masked, and as it was masked', async status => {
    const host = `again-${status}.example.com`
    const seen = appAt(host, ({ url }) => (url.endsWith('/a') ? to('/b', status) : new Response('ok')))
    const token = await egressApp(`again-${status}`, { egress: [{ to: `https://${host}`, masking }] })
    const headers = { 'content-type': 'application/json' }
    const body = '{"mail":"anna@example.com"}'
    expect((await goOut(token, `/${host}/a`, { method: 'POST', headers, body })).status).toBe(200)
    const texts = seen.map(one => new TextDecoder().decode(one.body))
    expect(texts).toHaveLength(2)
    expect(texts[1]).toBe(texts[0])
    expect(texts[1]).not.toContain('anna@')
    expect(seen[1]?.headers.get('content-type')).toBe('application/json')
  })

  it('is handed to the app where the body streamed, stated or not, and followed where there is none', async () => {
    const host = 'again-none.example.com'
    const seen = appAt(host, ({ url }) => (url.endsWith('/a') ? to('/b', 307) : new Response('ok')))
    const token = await egressApp('again-none', { egress: [{ to: `https://${host}` }] })
    const send = (body: BodyInit | null) => goOut(token, `/${host}/a`, { method: 'POST', body })
    expect((await send('stated')).status).toBe(307)
    expect((await send(streamOf([utf8Bytes('not stated')]))).status).toBe(307)
    expect((await send('')).status).toBe(200)
    expect(seen.at(-1)).toMatchObject({ method: 'POST', url: `https://${host}/b` })
  })

  it('goes to no other rule that masks, with or without a body', async () => {
    const [from, onto] = ['again-from.example.com', 'again-masked.example.com']
    appAt(from, ({ url }) => to(`https://${onto}/b`, url.endsWith('/303') ? 303 : 302))
    const seen = appAt(onto)
    const token = await egressApp('again-masked', {
      egress: [{ to: `https://${from}` }, { to: `https://${onto}`, masking }],
    })
    for (const place of ['303', '302'])
      expect(fault(await goOut(token, `/${from}/${place}`, { headers: { 'x-mail': 'anna@example.com' } }))).toBe(
        'egress-denied',
      )
    expect(seen).toHaveLength(0)
  })
})
