import { describe, expect, it, vi } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { metric } from '../support/metrics.ts'
import { eventually } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const fault = (response: Response) => response.headers.get('gatehouse-fault')
const secret = 'sk-live/of+the vendor'

async function ready(name: string, answer: () => Response | Promise<Response>, rule: Record<string, unknown> = {}) {
  const seen = appAt(`${name}.example.com`, answer)
  const credential = { secret: 'key', as: 'bearer' }
  const token = await egressApp(name, {
    egress: [{ to: `https://${name}.example.com`, credential, ...rule }],
    secrets: { key: secret },
  })
  return {
    seen,
    out: (init: RequestInit = {}) => goOut(token, `/${name}.example.com/v1/people/anna@example.com?q=private`, init),
  }
}

describe('an answer', () => {
  it('that echoes the credential loses it, in body and headers, and keeps its length', async () => {
    const text = JSON.stringify({
      headers: { authorization: `Bearer ${secret}` },
      again: btoa(secret),
      q: encodeURIComponent(secret),
    })
    const headers = { 'x-echo': secret, 'content-type': 'application/json', 'content-length': String(text.length) }
    const { out } = await ready('answer-echo', () => new Response(text, { headers }))
    const response = await out()
    const body = await response.text()
    expect(body).toHaveLength(text.length)
    for (const part of [secret, btoa(secret).slice(2, -4), encodeURIComponent(secret)]) expect(body).not.toContain(part)
    expect(JSON.parse(body).headers.authorization).toBe(`Bearer ${'*'.repeat(secret.length)}`)
    expect(response.headers.get('x-echo')).toBe('*'.repeat(secret.length))
    await eventually(async () => expect(await metric('egress_scrubbed_total', { app: 'answer-echo' })).toBe(4))
  })

  it('begins to reach the app before its end is there', async () => {
    const events = ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']
    let wanted = 1
    const { out } = await ready('answer-stream', () => {
      let sent = 0
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          while (sent >= wanted) await new Promise(resolve => setTimeout(resolve, 5))
          const event = events[sent++]
          if (event) controller.enqueue(utf8Bytes(event))
          else controller.close()
        },
      })
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    })
    const response = await out()
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (const event of events) {
      expect((await reader?.read())?.value).toBe(event)
      wanted += 1
    }
    expect((await reader?.read())?.done).toBe(true)
  })

  it('larger than the rule allows breaks off', async () => {
    const { out } = await ready('answer-large', () => new Response('x'.repeat(2000)), { maxBytes: 1000 })
    await expect((await out()).text()).rejects.toThrow('larger than 1000 bytes')
  })

  it('that never begins is a time-out, one that pauses for too long breaks off', async () => {
    const silent = await ready('answer-silent', () => new Promise(() => {}), { timeoutMs: 100 })
    const response = await silent.out()
    expect([fault(response), response.status]).toEqual(['upstream-timeout', 504])
    const paused = () => new Response(new ReadableStream({ start: controller => controller.enqueue(utf8Bytes('a')) }))
    const { out } = await ready('answer-paused', paused, { timeoutMs: 100 })
    await expect((await out()).text()).rejects.toThrow('paused for too long')
  })

  it('that does not come is `upstream-unreachable`', async () => {
    const { out } = await ready('answer-none', () =>
      Promise.reject(new TypeError(`https://answer-none/?key=${secret}`)),
    )
    const response = await out()
    expect([fault(response), response.status]).toEqual(['upstream-unreachable', 502])
  })

  it('packed so that nobody here can look into it is withheld where a credential went along', async () => {
    const packed = () => new Response('??', { headers: { 'content-encoding': 'zstd' } })
    const { out } = await ready('answer-packed', packed)
    expect(fault(await out())).toBe('upstream-failed')
  })

  it.each([204, 304, 404, 500])('of status %i is handed on', async status => {
    const { out } = await ready(
      `answer-${status}`,
      () => new Response(status < 400 && status !== 200 ? null : 'text', { status }),
    )
    expect((await out()).status).toBe(status)
  })
})

describe('a credential', () => {
  it('that is not in place is the gateway’s fault, and nothing is sent', async () => {
    const { seen, out } = await ready('credential-missing', () => new Response('ok'), {
      credential: { secret: 'absent', as: 'bearer' },
    })
    const response = await out()
    expect([fault(response), response.status, response.headers.get('retry-after')]).toEqual([
      'secret-missing',
      503,
      '60',
    ])
    expect(seen).toHaveLength(0)
  })
})

/** What the gateway logs meanwhile; on one machine, several records stand in one write. */
function writtenLines() {
  const texts: string[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation(text => void texts.push(String(text)))
  const lines = () => texts.flatMap(text => text.split('\n')).map(line => JSON.parse(line))
  return {
    lines,
    egressOf: (app: string) =>
      eventually(() => {
        const line = lines().find(one => one.event === 'egress' && one.app === app)
        if (!line) throw new Error('no record yet')
        return line
      }),
    [Symbol.dispose]: () => spy.mockRestore(),
  }
}

describe('the record', () => {
  it('of a refusal names the closest rule, which the app is not told', async () => {
    using written = writtenLines()
    const { out } = await ready('record-denied', () => new Response('ok'))
    const response = await out({ headers: { 'gatehouse-hops': '4' } })
    const token = await egressApp('record-other', { egress: [{ to: 'GET https://record-denied.example.com/v2/*' }] })
    const denied = await goOut(token, '/record-denied.example.com/v1')
    expect([fault(response), fault(denied)]).toEqual(['loop-detected', 'egress-denied'])
    expect(await denied.text()).not.toContain('v2')
    const line = await written.egressOf('record-other')
    const own = written.lines().filter(({ app }) => app === 'record-denied' || app === 'record-other')
    expect(own.filter(({ event }) => event !== 'egress')).toEqual([])
    expect(line).toMatchObject({
      app: 'record-other',
      decision: 'deny',
      fault: 'egress-denied',
      policy: 'allowList',
      detail: 'the closest rule is `GET https://record-denied.example.com/v2/*`: its path differs',
    })
  })

  it('says who went where by which rule and what became of it, and nothing that is private', async () => {
    using written = writtenLines()
    const { out } = await ready('record-all', () => new Response('12345', { status: 201 }))
    await (await out({ method: 'POST', body: 'abc' })).text()
    const line = await written.egressOf('record-all')
    expect(line).toMatchObject({
      app: 'record-all',
      method: 'POST',
      host: 'record-all.example.com',
      path: '/v1/people/*',
      rule: 'https://record-all.example.com',
      credential: 'key',
      decision: 'allow',
      status: 201,
      ending: 'whole',
      requestBytes: 3,
      answerBytes: 5,
      hops: 1,
    })
    for (const hidden of ['private', 'anna', 'abc', '12345', secret])
      expect(JSON.stringify(written.lines())).not.toContain(hidden)
    const labels = { app: 'record-all', host: 'record-all.example.com', decision: 'allow', result: '201' }
    await eventually(async () => expect(await metric('egress_requests_total', labels)).toBe(1))
  })
})
