import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { schemes } from '#core/webhook/schemes.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, eventIn, gatedApp, hookUrl, push, source } from '../support/gated-app.ts'
import { metric } from '../support/metrics.ts'
import { moveTimeBy } from '../support/time.ts'

const hourMs = 3_600_000

describe('what a vendor is told', () => {
  it('answers a verified webhook with 202 and an event id that names its mailbox', async () => {
    await gatedApp('hook-accept')
    const response = await push('hook-accept')
    expect(response.status).toBe(202)
    const answer = await response.json<{ eventId: string }>()
    expect(Object.keys(answer)).toEqual(['eventId'])
    expect(answer.eventId).toMatch(/^any~hook-accept~0~[0-9A-HJKMNP-TV-Z]{26}$/)
  })

  it('answers a duplicate with 200 and the id of the first event', async () => {
    await gatedApp('hook-duplicate')
    const eventId = await accepted('hook-duplicate', { id: 'evt_1' })
    const again = await push('hook-duplicate', { id: 'evt_1' })
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ eventId, duplicate: true })
  })

  it('accepts one of a hundred copies that arrive at once, and delivers it once', async () => {
    const seen = await gatedApp('hook-hundred')
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const response = await push('hook-hundred', { id: 'evt_1' })
        return { status: response.status, ...(await response.json<{ eventId: string; duplicate?: true }>()) }
      }),
    )
    const first = answers.filter(({ status }) => status === 202)
    expect(first).toHaveLength(1)
    const copies = answers.filter(({ status, duplicate }) => status === 200 && duplicate)
    expect(copies).toHaveLength(99)
    expect(new Set(answers.map(({ eventId }) => eventId)).size).toBe(1)

    const { attempts } = await eventIn('delivered', first[0]?.eventId ?? '')
    expect(attempts).toHaveLength(1)
    expect(seen).toHaveLength(1)
  })

  it("echoes Slack's challenge as text when it is signed", async () => {
    const seen = await gatedApp('hook-slack', { source: { scheme: 'slack' } })
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1aB', token: 'old' })
    const response = await push('hook-slack', { scheme: schemes.slack, body })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await response.text()).toBe('3eZbrw1aB')
    expect(seen).toHaveLength(0)
  })

  it("does not echo Slack's challenge when it is not signed, or wrongly", async () => {
    await gatedApp('hook-slack-forged', { source: { scheme: 'slack' } })
    const body = JSON.stringify({ type: 'url_verification', challenge: '<script>' })
    const unsigned = await exports.default.fetch(hookUrl('hook-slack-forged'), { method: 'POST', body })
    await expectFault(unsigned, 'signature-missing', 401)
    const forged = await push('hook-slack-forged', { scheme: schemes.slack, body, secret: 'another' })
    await expectFault(forged, 'signature-mismatch', 401)
  })

  it("takes GitHub's ping as an event like others", async () => {
    const seen = await gatedApp('hook-ping', { source: { scheme: 'github' } })
    const body = '{"zen":"Keep it logically awesome.","hook_id":1}'
    const headers = { 'x-github-event': 'ping', 'x-github-delivery': 'd-1' }
    const eventId = await accepted('hook-ping', { scheme: schemes.github, body, headers })
    await eventIn('delivered', eventId)
    expect(seen[0]?.headers.get('x-github-event')).toBe('ping')
  })
})

describe('what counts as the same event', () => {
  const github = (app: string, delivery: string, body = '{"action":"opened"}') =>
    push(app, { scheme: schemes.github, body, headers: { 'x-github-delivery': delivery } })

  it('knows signed bytes again under a new delivery id that nobody signed, and counts the replay', async () => {
    await gatedApp('hook-bytes', { source: { scheme: 'github' } })
    const first = await (await github('hook-bytes', 'd-1')).json<{ eventId: string }>()
    const replayed = await github('hook-bytes', 'd-2')
    expect(replayed.status).toBe(200)
    expect(await replayed.json()).toEqual({ eventId: first.eventId, duplicate: true })
    expect(await metric('replayed_bytes_total', { app: 'hook-bytes', source: 'shop' })).toBe(1)
  })

  it("takes the vendor's redelivery under the same id as a duplicate, not as a replay", async () => {
    await gatedApp('hook-redelivery', { source: { scheme: 'github' } })
    await github('hook-redelivery', 'd-1')
    expect((await github('hook-redelivery', 'd-1')).status).toBe(200)
    expect(await metric('replayed_bytes_total', { app: 'hook-redelivery' })).toBe(0)
  })

  it('takes equal bytes under a new delivery id as new where the manifest says `dedupe: {by: id}`', async () => {
    await gatedApp('hook-by-id', { source: { scheme: 'github', dedupe: { by: 'id' } } })
    expect((await github('hook-by-id', 'd-1')).status).toBe(202)
    expect((await github('hook-by-id', 'd-2')).status).toBe(202)
    expect((await github('hook-by-id', 'd-1')).status).toBe(200)
  })

  it('takes the same vendor id on another source, or for another app, as another event', async () => {
    await gatedApp('hook-one', { moreSources: { other: source() } })
    await gatedApp('hook-two')
    const ids = [
      await accepted('hook-one', { id: 'evt_1' }),
      await accepted('hook-one', { id: 'evt_1', source: 'other' }),
      await accepted('hook-two', { id: 'evt_1' }),
    ]
    expect(new Set(ids).size).toBe(3)
  })

  it('takes equal signed bytes on another source as another event', async () => {
    await gatedApp('hook-bytes-sources', {
      source: { scheme: 'github' },
      moreSources: { other: source({ scheme: 'github' }) },
    })
    const request = { scheme: schemes.github, headers: { 'x-github-delivery': 'd-1' } }
    await accepted('hook-bytes-sources', request)
    await accepted('hook-bytes-sources', { ...request, source: 'other' })
  })

  it('takes the same vendor id as new once the window of the manifest has ended, not before', async () => {
    await gatedApp('hook-window', { source: { dedupe: { windowHours: 2 } } })
    await accepted('hook-window', { id: 'evt_1' })
    moveTimeBy(2 * hourMs - 1_000)
    expect((await push('hook-window', { id: 'evt_1' })).status).toBe(200)
    moveTimeBy(2_000)
    await accepted('hook-window', { id: 'evt_1' })
  })

  it("keeps the window of the vendor's row where the manifest names none", async () => {
    await gatedApp('hook-window-row')
    await accepted('hook-window-row', { id: 'evt_1' })
    moveTimeBy(72 * hourMs - 1_000)
    expect((await push('hook-window-row', { id: 'evt_1' })).status).toBe(200)
    moveTimeBy(2_000)
    await accepted('hook-window-row', { id: 'evt_1' })
  })

  it('leaves the id of a refused event free', async () => {
    await gatedApp('hook-free', { spec: { limits: { bodyBytes: 100 } } })
    await expectFault(await push('hook-free', { id: 'evt_1', secret: 'whsec_AAAA' }), 'signature-mismatch', 401)
    await expectFault(await push('hook-free', { id: 'evt_1', body: 'x'.repeat(101) }), 'body-too-large', 413)
    const late = Math.floor(Date.now() / 1000) - 301
    await expectFault(await push('hook-free', { id: 'evt_1', timestampSeconds: late }), 'timestamp-outside', 401)
    await accepted('hook-free', { id: 'evt_1' })
  })

  it('takes two equal bodies as two events where the vendor gives no id', async () => {
    const hmac = { header: 'x-signature', algorithm: 'hmac-sha256', encoding: 'hex' }
    await gatedApp('hook-no-id', { source: { scheme: 'hmac', hmac } })
    const body = '{"reading":1}'
    const sign = { ...schemes.github, signature: { header: 'x-signature', prefix: '', encoding: 'hex' as const } }
    const first = await push('hook-no-id', { scheme: sign, body })
    const second = await push('hook-no-id', { scheme: sign, body })
    expect([first.status, second.status]).toEqual([202, 202])
  })
})
