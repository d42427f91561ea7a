import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Env } from '#platform/env.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { metric } from '../support/metrics.ts'
import { eventually, hurryTimersOf } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const chainOf = (app: string) => (env as unknown as Env).AUDIT.getByName(app)

/** The records of an app in its chain, once there are so many. */
const recordsOf = (app: string, count: number) =>
  eventually(async () => {
    const links = await chainOf(app).list({ limit: 500 })
    const records = links.reverse().flatMap(({ data }) => data.records as Record<string, unknown>[])
    if (records.length < count) throw new Error(`${records.length} of ${count}`)
    return { links, records }
  })

describe('the audit chain of an app', () => {
  it('holds the record of every request to the outside, and nothing that is private', async () => {
    hurryTimersOf(5_000)
    appAt('audited.example.com', () => new Response('12345', { status: 201 }))
    const credential = { secret: 'key', as: 'bearer' }
    const token = await egressApp('egress-audited', {
      egress: [{ to: 'POST https://audited.example.com/v1/*', region: 'us', credential }],
      secrets: { key: 'sk-of-the-vendor' },
    })
    const place = '/audited.example.com/v1/people/anna@example.com?q=private'
    await (await goOut(token, place, { method: 'POST', body: 'abc' })).text()
    await (await goOut(token, place)).text()
    const { links, records } = await recordsOf('egress-audited', 2)
    const where = { host: 'audited.example.com', path: '/v1/people/*' }
    const asked = records.toSorted((one, other) => String(other.method).localeCompare(String(one.method)))
    expect(asked).toMatchObject([
      {
        ...{ method: 'POST', ...where, rule: 'POST https://audited.example.com/v1/*', region: 'us', credential: 'key' },
        ...{ decision: 'allow', status: 201, ending: 'whole', requestBytes: 3, answerBytes: 5, hops: 1 },
      },
      { method: 'GET', ...where, decision: 'deny', fault: 'egress-denied', policy: 'allowList', hops: 0 },
    ])
    expect(asked[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT/)
    const written = JSON.stringify(links)
    for (const hidden of ['private', 'anna', 'abc', '12345', 'sk-of', token]) expect(written).not.toContain(hidden)
    expect(links[0]).toMatchObject({ specversion: '1.0', type: 'app.egress', subject: 'app/egress-audited' })
    expect(await chainOf('egress-audited').verify()).toMatchObject({ ok: true })
  })

  it('names every place that a redirect led to, and the credential that went there', async () => {
    hurryTimersOf(5_000)
    appAt(
      'audit-from.example.com',
      () => new Response(null, { status: 302, headers: { location: 'https://audit-onto.example.com/v1/12345' } }),
    )
    appAt('audit-onto.example.com')
    const credential = { secret: 'key', as: 'bearer' }
    const token = await egressApp('egress-audit-hops', {
      egress: [{ to: 'https://audit-from.example.com' }, { to: 'https://audit-onto.example.com', credential }],
      secrets: { key: 'sk-of-the-vendor' },
    })
    await (await goOut(token, '/audit-from.example.com/')).text()
    const { records } = await recordsOf('egress-audit-hops', 1)
    const onward = { method: 'GET', host: 'audit-onto.example.com', path: '/v1/*', credential: 'key' }
    expect(records[0]).toMatchObject({ host: 'audit-from.example.com', hops: 2, onward: [onward] })
    expect(records[0]?.credential).toBeUndefined()
  })

  it('tells what was allowed and failed from what was denied', async () => {
    hurryTimersOf(5_000)
    appAt('audit-slow.example.com', () => new Promise(() => {}))
    const token = await egressApp('egress-audit-slow', {
      egress: [{ to: 'https://audit-slow.example.com', timeoutMs: 100, credential: { secret: 'key', as: 'bearer' } }],
      secrets: { key: 'sk-of-the-vendor' },
    })
    expect((await goOut(token, '/audit-slow.example.com/')).status).toBe(504)
    const { records } = await recordsOf('egress-audit-slow', 1)
    expect(records[0]).toMatchObject({ decision: 'allow', fault: 'upstream-timeout', credential: 'key', hops: 1 })
  })

  it('is charged for a model that nobody has priced as for the dearest, with a warning', async () => {
    hurryTimersOf(5_000)
    const usage = '{"model":"house-model-1","usage":{"prompt_tokens":1000,"completion_tokens":0}}'
    appAt('audit-unpriced.example.com', () => new Response(usage))
    const token = await egressApp('egress-unpriced', {
      egress: [{ to: 'https://audit-unpriced.example.com', budget: { usdPerDay: 1 } }],
      spec: { limits: { onError: 'open' } },
    })
    await (await goOut(token, '/audit-unpriced.example.com/')).text()
    const { records } = await recordsOf('egress-unpriced', 1)
    expect(records[0]).toMatchObject({ usd: 0.03, isUnpriced: true })
    await eventually(async () => expect(await metric('egress_unpriced_total', { app: 'egress-unpriced' })).toBe(1))
  })
})
