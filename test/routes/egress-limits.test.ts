import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { eventually, moveTimeTo } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const fault = (response: Response) => response.headers.get('gatehouse-fault')

async function ready(name: string, rule: Record<string, unknown>, answer?: () => Response) {
  const seen = appAt(`${name}.example.com`, answer)
  const token = await egressApp(name, {
    egress: [{ to: `https://${name}.example.com/v1/*`, ...rule }, { to: `https://${name}.example.com` }],
  })
  return { seen, out: (path = '/v1/a', init: RequestInit = {}) => goOut(token, `/${name}.example.com${path}`, init) }
}

/** The first refusal; what an answer used is counted once it has ended, which takes a moment. */
async function untilRefused(out: () => Promise<Response>): Promise<Response> {
  return eventually(async () => {
    const response = await out()
    await response.text()
    if (response.status !== 429) throw new Error('not refused yet')
    return response
  })
}

describe('a budget of a day', () => {
  it('of requests ends with the last one it allows, and begins anew with the day', async () => {
    moveTimeTo('2027-01-10T12:00:00Z')
    const { seen, out } = await ready('budget-requests', { budget: { requestsPerDay: 2 } })
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await out()).status)
    expect(statuses).toEqual([200, 200, 429])
    const refused = await out()
    expect([fault(refused), refused.headers.get('retry-after')]).toEqual(['quota-exceeded', '43200'])
    expect(refused.headers.get('ratelimit-policy')).toBe('"requestsPerDay";q=2;w=86400')
    expect(seen).toHaveLength(2)
    expect((await out('/v2')).status).toBe(200)
  })

  it('of bytes counts both ways', async () => {
    const { out } = await ready('budget-bytes', { budget: { bytesPerDay: 300 } }, () => new Response('x'.repeat(100)))
    const send = () => out('/v1/a', { method: 'POST', body: 'y'.repeat(100) })
    expect((await send()).status).toBe(200)
    expect(fault(await untilRefused(send))).toBe('quota-exceeded')
  })

  it('of dollars counts tokens by the answer, also in a stream', async () => {
    const usage = '{"model":"gpt-4o","usage":{"prompt_tokens":100000,"completion_tokens":0}}'
    const answer = () => new Response(`data: ${usage}\n\n`, { headers: { 'content-type': 'text/event-stream' } })
    const { seen, out } = await ready('budget-dollars', { budget: { usdPerDay: 0.6 } }, answer)
    expect(fault(await untilRefused(out))).toBe('quota-exceeded')
    expect(seen.length).toBeGreaterThanOrEqual(3)
  })

  it('in shadow mode is only recorded', async () => {
    appAt('budget-shadow.example.com')
    const spec = { policies: { budget: { mode: 'shadow' } } }
    const token = await egressApp('budget-shadow', {
      egress: [{ to: 'https://budget-shadow.example.com', budget: { requestsPerDay: 1 } }],
      spec,
    })
    for (let n = 0; n < 3; n++) expect((await goOut(token, '/budget-shadow.example.com/')).status).toBe(200)
  })
})

it('the rate of a rule is its own', async () => {
  const { out } = await ready('way-rate', { rate: { limit: 2, windowSeconds: 60 } })
  const answers = []
  for (let n = 0; n < 3; n++) answers.push(await out())
  expect(answers.map(fault)).toEqual([null, null, 'rate-exceeded'])
  expect((await out('/v2')).status).toBe(200)
})

it('a slot of a rule is taken until the answer has been read to its end', async () => {
  let mayEnd = false
  const answer = () => {
    const stream = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(utf8Bytes('x'))
        while (!mayEnd) await new Promise(resolve => setTimeout(resolve, 5))
        controller.close()
      },
    })
    return new Response(stream)
  }
  const { out } = await ready('way-slots', { concurrency: 1 }, answer)
  const first = await out()
  const second = await out()
  expect([first.status, fault(second)]).toEqual([200, 'concurrency-exceeded'])
  mayEnd = true
  await first.text()
  await eventually(async () => {
    const third = await out()
    await third.text()
    expect(third.status).toBe(200)
  })
})
