import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { stages } from '#core/manifest/schema.ts'
import { stageRows } from '#core/manifest/stages.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { doors } from '#routes/index.ts'
import { apiApp, call } from '../support/api-app.ts'
import { egressApp } from '../support/egress-app.ts'
import { expectFault } from '../support/faults.ts'
import { gatedApp, push, signature } from '../support/gated-app.ts'
import { declared, issuerAt } from '../support/issuer.ts'
import { putInForce } from '../support/pointers.ts'
import { eventually, moveTimeTo } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

const dayMs = 86_400_000

/** A gateway as it stands outside `local`: with the sandbox in force, and one place for all to try out. */
const variables = Object.create(env, {
  REQUIRE_SANDBOX: { value: 'true' },
  SANDBOX_EGRESS: { value: 'https://try.example.com/v1/*; https://far.example.com' },
})
const held = doors(portsFrom(variables as Env & Record<string, unknown>))
const at = (path: string, init: RequestInit = {}) => held.request(`http://gate.example${path}`, init)

/** On a busy machine the switchboard and the limits' store may be away at first. */
const settledAt = (path: string, init: RequestInit = {}) =>
  eventually(async () => {
    const response = await at(path, init)
    expect(response.status).not.toBe(503)
    return response
  }, 15_000)

const isSandboxed = (stage: (typeof stages)[number]) => stageRows[stage].isSandboxed

describe('the sandbox', () => {
  it.each(stages)('callers of an app in %s are of its team alone until it is released', async stage => {
    const app = `stage-team-${stage}`
    const issuer = await issuerAt(app)
    await apiApp(app, {
      routes: [
        { path: '/own', methods: ['GET'] },
        { path: '/open', methods: ['GET'], auth: 'none' },
      ],
      api: { issuers: [declared(issuer)] },
      spec: { lifecycle: { stage } },
    })
    const by = async (claims: Record<string, unknown>) => {
      const headers = { authorization: `Bearer ${await issuer.sign(claims)}` }
      return (await settledAt(`/apps/${app}/own`, { headers })).headers.get('gatehouse-fault')
    }
    const strangers = isSandboxed(stage) ? 'stage-denied' : null
    expect(await by({ teams: ['others', 'tests'] })).toBe(null)
    expect(await by({ teams: 'tests' })).toBe(null)
    expect(await by({ teams: ['others'] })).toBe(strangers)
    expect(await by({ team: ['tests'] })).toBe(strangers)
    expect((await settledAt(`/apps/${app}/open`)).headers.get('gatehouse-fault')).toBe(strangers)
    // where the operator does not ask for it, as on one machine, everybody may call
    expect((await call(app, '/open')).headers.get('gatehouse-fault')).toBe(null)
  })

  it.each(stages)('an app in %s goes only where the operator lets it try, also in shadow mode', async stage => {
    const app = `stage-way-${stage}`
    const tried = appAt('try.example.com')
    appAt('other.example.com')
    const isFindingOut = stage === 'prototype' || stage === 'sandbox'
    const token = await egressApp(app, {
      egress: [{ to: 'https://try.example.com' }, { to: 'https://other.example.com' }],
      spec: { lifecycle: { stage }, ...(isFindingOut && { policies: { allowList: { mode: 'shadow' } } }) },
    })
    const out = async (place: string) => {
      const response = await settledAt(`/egress/${place}`, { headers: { authorization: `Bearer ${token}` } })
      return response.headers.get('gatehouse-fault')
    }
    const bound = isSandboxed(stage) ? 'egress-denied' : null
    const before = tried.length
    expect(await out('try.example.com/v1/a')).toBe(null)
    expect(tried.length).toBe(before + 1)
    expect(await out('try.example.com/v2/a')).toBe(bound)
    expect(await out('other.example.com/')).toBe(bound)
    expect(await out('far.example.com/')).not.toBe(null)
  })

  it.each(stages)(
    'an app in %s gets tokens for personal data, and sends none out, until it is released',
    async stage => {
      const app = `stage-mask-${stage}`
      const tried = appAt('try.example.com')
      const spec = {
        lifecycle: { stage },
        policies: { piiMasking: { mode: 'off' } },
        egress: [{ to: 'https://try.example.com' }],
      }
      const seen = await gatedApp(app, { spec })
      const token = await egressApp(`${app}-out`, { egress: spec.egress, spec: { ...spec, egress: spec.egress } })
      const body = '{"mail":"ann@example.org"}'
      const shown = isSandboxed(stage) ? /^\{"mail":"[^@]*EMAIL[^@]*"\}$/ : /^\{"mail":"ann@example\.org"\}$/
      const headers = { 'content-type': 'application/json', ...(await signature({ body })) }
      const taken = await settledAt(`/hooks/${app}/shop`, { method: 'POST', headers, body })
      expect(taken.status).toBe(202)
      const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
      await eventually(() => expect(text(seen[0]?.body)).toMatch(shown))
      const before = tried.length
      const sent = {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body,
      }
      await settledAt('/egress/try.example.com/v1/a', sent)
      expect(text(tried[before]?.body)).toMatch(shown)
    },
  )

  it('leaves webhooks open: a vendor is of no team', async () => {
    await gatedApp('stage-hooks', { spec: { lifecycle: { stage: 'sandbox' } } })
    const body = '{"n":1}'
    const headers = { 'content-type': 'application/json', ...(await signature({ body })) }
    expect((await at('/hooks/stage-hooks/shop', { method: 'POST', headers, body })).status).toBe(202)
  })
})

describe('the end', () => {
  it.each(stages)('callers of an app in %s hear when it goes, and are told 410 once it has gone', async stage => {
    const app = `stage-end-${stage}`
    const seen = await apiApp(app, { spec: { lifecycle: { stage } } })
    const startMs = Math.floor(Date.now() / 1000) * 1000
    const endMs = startMs + 60 * dayMs
    const dates = { publishedAt: new Date(startMs).toISOString(), expiresAt: new Date(endMs).toISOString() }
    await putInForce(app, dates)
    const { isLeaving } = stageRows[stage]
    const heard = async (moment: number) => {
      moveTimeTo(moment)
      const { headers, status } = await call(app, '/')
      return [status, headers.get('deprecation'), headers.get('sunset')]
    }
    const sunset = new Date(endMs).toUTCString()
    expect(await heard(startMs + dayMs)).toEqual(isLeaving ? [200, `@${startMs / 1000}`, sunset] : [200, null, null])
    const since = isLeaving ? startMs : endMs - 30 * dayMs
    expect(await heard(endMs - 20 * dayMs)).toEqual([200, `@${since / 1000}`, sunset])
    const count = seen.length
    moveTimeTo(endMs)
    await expectFault(await call(app, '/'), 'app-expired', 410)
    expect(seen).toHaveLength(count)
  })

  it('callers of an app in decommission are slowed down in its last 7 days, and of no other', async () => {
    for (const stage of ['maintenance', 'decommission']) {
      const app = `stage-slow-${stage}`
      await apiApp(app, { spec: { lifecycle: { stage } } })
      const endMs = Date.now() + 6 * dayMs
      await putInForce(app, { expiresAt: new Date(endMs).toISOString() })
      const answers = []
      for (let n = 0; n < 70; n++) answers.push(await call(app, '/'))
      const refused = answers.filter(({ headers }) => headers.get('gatehouse-fault') === 'rate-exceeded')
      if (stage === 'maintenance') expect(refused).toHaveLength(0)
      else {
        expect(refused.length).toBeGreaterThan(0)
        expect(refused[0]?.headers.get('retry-after')).toMatch(/^\d+$/)
        expect((await push(app)).status).toBe(404)
      }
    }
  })
})
