import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { admin } from '../support/admin.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { expectFault } from '../support/faults.ts'
import { moveTimeBy } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

describe('a stream of events', () => {
  it('of an hour passes event by event, and no more of it is held than one event', async () => {
    let made = 0
    appAt('hour-egress.example.com', () => {
      const stream = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            made += 1
            if (made <= 3_600) controller.enqueue(utf8Bytes(`data: ${made}\n\n`))
            else controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    })
    const token = await egressApp('egress-hour', { egress: [{ to: 'https://hour-egress.example.com' }] })
    const response = await goOut(token, '/hour-egress.example.com/v1/events')
    const reader = response.body?.getReader()
    const decoder = new TextDecoder()
    let text = ''
    let ahead = 0
    for (let events = 0; events < 3_600; ) {
      const { value } = (await reader?.read()) ?? {}
      text += decoder.decode(value)
      events = text.split('\n\n').length - 1
      ahead = Math.max(ahead, made - events)
      moveTimeBy(1_000)
    }
    expect((await reader?.read())?.done).toBe(true)
    expect(text.startsWith('data: 1\n\ndata: 2\n\n')).toBe(true)
    expect(ahead).toBeLessThanOrEqual(2)
  })
})

describe('a stopped app', () => {
  it.each(['kill', 'quarantine'])('reaches nothing outside: %s', async action => {
    const host = `${action}-egress.example.com`
    const seen = appAt(host)
    const token = await egressApp(`egress-${action}`, { egress: [{ to: `https://${host}` }] })
    expect((await goOut(token, `/${host}/`)).status).toBe(200)
    await admin(`apps/egress-${action}/${action}`, { body: { reason: 'it leaks' } })
    moveTimeBy(5_000)
    await expectFault(await goOut(token, `/${host}/`), 'app-killed', 503)
    expect(seen).toHaveLength(1)
  })
})
