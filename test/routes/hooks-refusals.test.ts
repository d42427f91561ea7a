import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { broken, siblingStub } from '../support/away.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, gatedApp, hookUrl, mailboxStub, push, signature } from '../support/gated-app.ts'
import { metric } from '../support/metrics.ts'
import { moveTimeBy } from '../support/time.ts'

const dayMs = 86_400_000
const nowSeconds = () => Math.floor(Date.now() / 1000)

describe('where the URL leads nowhere', () => {
  it('refuses an app that is not in the registry', async () => {
    const problem = await expectFault(await push('refuse-nobody'), 'app-unknown', 404)
    expect(problem.policy).toBe('registered')
  })

  it('refuses a name that no app can have, without asking the registry for it', async () => {
    await expectFault(await push('Refuse..Nobody'), 'app-unknown', 404)
    await expectFault(await push('a'.repeat(64)), 'app-unknown', 404)
  })

  it.each(['nothing', '__proto__', 'constructor', 'toString'])(
    'refuses the source %s, which the app does not have',
    async name => {
      await gatedApp('refuse-source')
      await expectFault(await push('refuse-source', { source: name }), 'source-unknown', 404)
    },
  )

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s on a hook and says which method it takes', async method => {
    await gatedApp('refuse-method')
    const response = await exports.default.fetch(hookUrl('refuse-method'), { method })
    expect(response.headers.get('allow')).toBe('POST')
    await expectFault(response, 'method-denied', 405)
  })

  it.each(['/', '/hooks', '/hooks/refuse-path', '/hooks/refuse-path/shop/more', '/nothing'])(
    'answers route-unknown to the path %s',
    async path => {
      await gatedApp('refuse-path')
      await expectFault(
        await exports.default.fetch(`http://gate.example${path}`, { method: 'POST' }),
        'route-unknown',
        404,
      )
    },
  )
})

describe('what the vendor did not sign', () => {
  it('refuses a request without a signature, without its timestamp, and without its id', async () => {
    await gatedApp('refuse-missing')
    for (const name of ['webhook-signature', 'webhook-timestamp', 'webhook-id']) {
      const { [name]: _, ...headers } = await signature({})
      const response = await exports.default.fetch(hookUrl('refuse-missing'), {
        method: 'POST',
        headers,
        body: '{"n":1}',
      })
      const problem = await expectFault(response, 'signature-missing', 401)
      expect(problem.policy).toBe('webhookSignature')
    }
  })

  it('refuses a signature by another key, and one over another body', async () => {
    await gatedApp('refuse-mismatch')
    const other = `whsec_${btoa('another key of thirty-two bytes.')}`
    await expectFault(await push('refuse-mismatch', { secret: other }), 'signature-mismatch', 401)
    const headers = await signature({ body: '{"n":2}' })
    await expectFault(await push('refuse-mismatch', { body: '{"n":3}', headers }), 'signature-mismatch', 401)
  })

  it('refuses a timestamp beyond the tolerance on either side, and takes one within it', async () => {
    await gatedApp('refuse-time')
    const at = (offSeconds: number) => push('refuse-time', { timestampSeconds: nowSeconds() + offSeconds })
    await expectFault(await at(-302), 'timestamp-outside', 401)
    await expectFault(await at(302), 'timestamp-outside', 401)
    expect([(await at(-298)).status, (await at(298)).status]).toEqual([202, 202])
  })

  it('refuses what is captured today and sent again tomorrow', async () => {
    await gatedApp('refuse-captured')
    const headers = await signature({ id: 'evt_1' })
    moveTimeBy(dayMs)
    await expectFault(await push('refuse-captured', { headers }), 'timestamp-outside', 401)
  })

  it('blames itself, with Retry-After, while a secret is not in place, and accepts once it is', async () => {
    await gatedApp('refuse-secret', { secrets: { vendor: '' } })
    const response = await push('refuse-secret', { id: 'evt_1' })
    expect(response.headers.get('retry-after')).toBe('60')
    await expectFault(response, 'secret-missing', 503)
    await gatedApp('refuse-secret')
    await accepted('refuse-secret', { id: 'evt_1' })
  })
})

describe('what the app does not take', () => {
  it('refuses a body whose stated length is over the cap', async () => {
    await gatedApp('refuse-stated', { spec: { limits: { bodyBytes: 1_000 } } })
    const problem = await expectFault(await push('refuse-stated', { body: 'x'.repeat(1_001) }), 'body-too-large', 413)
    expect(problem.policy).toBe('bodySize')
    await accepted('refuse-stated', { body: 'x'.repeat(1_000) })
  })

  it('refuses a body of no stated length as soon as it grows over the cap', async () => {
    await gatedApp('refuse-chunked', { spec: { limits: { bodyBytes: 1_000 } } })
    const headers = await signature({ body: 'x'.repeat(1_200) })
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 3; n++) controller.enqueue(new Uint8Array(400).fill(120))
        controller.close()
      },
    })
    const response = await exports.default.fetch(hookUrl('refuse-chunked'), { method: 'POST', headers, body })
    const problem = await expectFault(response, 'body-too-large', 413)
    expect(problem.policy).toBe('webhookSignature')
  })

  it('refuses everything once the app has expired', async () => {
    await gatedApp('refuse-expired', { spec: { lifecycle: { stage: 'sandbox', ttlDays: 2 } } })
    await accepted('refuse-expired')
    moveTimeBy(2 * dayMs + 1_000)
    await expectFault(await push('refuse-expired'), 'app-expired', 410)
  })

  it('breaks a circle after the hops that an honest chain needs', async () => {
    await gatedApp('refuse-loop')
    await accepted('refuse-loop', { headers: { 'gatehouse-hops': '3' } })
    await expectFault(await push('refuse-loop', { headers: { 'gatehouse-hops': '4' } }), 'loop-detected', 508)
  })
})

describe('when the gateway itself is at fault', () => {
  it.each([
    ['not JSON', 'refuse-no-json'],
    ['{}', 'refuse-empty'],
    ['null', 'refuse-null'],
    ['{"digest":"sha256:00"}', 'refuse-part'],
  ])('says so, with Retry-After, when the registry holds %s', async (text, app) => {
    await env.REGISTRY.put(`apps/${app}`, text)
    const response = await push(app)
    expect(response.headers.get('retry-after')).toBe('30')
    await expectFault(response, 'entry-invalid', 503)
  })

  it('says so when neither the mailbox nor its sibling can take the event, keeps nothing, and takes it when it is sent again', async () => {
    const seen = await gatedApp('refuse-mailbox')
    const mend = [await broken(mailboxStub('refuse-mailbox')), await broken(siblingStub('refuse-mailbox'))]
    const response = await push('refuse-mailbox', { id: 'evt_1' })
    expect(response.headers.get('retry-after')).toBe('5')
    await expectFault(response, 'overloaded', 503)
    for (const mended of mend) await mended()
    await accepted('refuse-mailbox', { id: 'evt_1' })
    expect(seen.length).toBeLessThanOrEqual(1)
  })

  it('counts each refusal under the app, or under none where the app is not known', async () => {
    await gatedApp('refuse-counted')
    await push('refuse-counted', { secret: 'whsec_AAAA' })
    expect(await metric('hooks_requests_total', { app: 'refuse-counted', result: 'signature-mismatch' })).toBe(1)
    expect(
      await metric('policy_verdicts_total', { app: 'refuse-counted', policy: 'webhookSignature', verdict: 'deny' }),
    ).toBe(1)
    const before = await metric('hooks_requests_total', { app: '-', result: 'app-unknown' })
    await push('refuse-uncounted')
    expect(await metric('hooks_requests_total', { app: '-', result: 'app-unknown' })).toBe(before + 1)
    expect(await metric('hooks_requests_total', { app: 'refuse-uncounted' })).toBe(0)
  })
})
