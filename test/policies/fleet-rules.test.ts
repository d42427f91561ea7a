import { describe, expect, it } from 'vitest'
import { admin } from '../support/admin.ts'
import { apiApp, call } from '../support/api-app.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { explained, rowOf } from '../support/explain.ts'
import { expectFault } from '../support/faults.ts'
import { policyData, requestRule } from '../support/fleet.ts'
import { inForce } from '../support/fleet-in-force.ts'
import { gatedApp, push } from '../support/gated-app.ts'
import { metric } from '../support/metrics.ts'
import { eventually, moveTimeBy, moveTimeTo } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

let now = Date.now()

/** The isolate hears of new rules at most 5 s later; the tests' clock is moved instead of waiting, onward from test to test. */
const heard = async (...documents: readonly unknown[]) => {
  const put = await inForce(...documents)
  expect(await put.json()).toMatchObject({ change: 'changed', lacking: [] })
  now = Math.max(now, Date.now()) + 6_000
  moveTimeTo(now)
}
/** Waits until a finding is counted that often. */
const counted = (labels: Readonly<Record<string, string>>, times: number) =>
  eventually(async () => expect(await metric('fleet_rule_findings_total', labels)).toBe(times), 15_000)
const route = (path: string) => ({ request: { path } })

describe('a rule over requests', () => {
  it('denies what it describes once it is published, and no longer when it is gone', async () => {
    const seen = await apiApp('fleet-apps')
    expect((await call('fleet-apps', '/secret/1')).status).toBe(200)
    const rule = requestRule('fleet-apps', "!request.path.startsWith('/secret/')", {
      allows: route('/open'),
      denies: route('/secret/2'),
    })
    await heard(rule)
    const refused = await call('fleet-apps', '/secret/1')
    expect(await expectFault(refused, 'fleet-rule-denied', 403)).toMatchObject({ policy: 'fleetRules' })
    const told = await explained({ app: 'fleet-apps', door: 'apps', request: { url: '/apps/fleet-apps/secret/1' } })
    expect(rowOf(told, 'fleetRules')).toMatchObject({
      verdict: 'deny',
      origin: 'fleet',
      field: expect.stringMatching(/^rules\//),
    })
    expect((await call('fleet-apps', '/open')).status).toBe(200)
    expect(seen).toHaveLength(2)
    await heard(
      requestRule('fleet-others', 'false || request.path == "/"', { allows: route('/'), denies: route('/1') }),
    )
    expect((await call('fleet-apps', '/secret/1')).status).toBe(200)
  })

  it('knows from which country a call comes', async () => {
    await apiApp('fleet-country')
    await heard(
      requestRule('fleet-country', "!has(request.country) || request.country != 'JP'", {
        allows: { request: { country: 'DE', continent: 'EU' } },
        denies: { request: { country: 'JP', continent: 'AS' } },
      }),
    )
    const from = (country: string, continent: string) => ({ cf: { country, continent } }) as RequestInit
    await expectFault(await call('fleet-country', '/', from('JP', 'AS')), 'fleet-rule-denied', 403)
    expect((await call('fleet-country', '/', from('DE', 'EU'))).status).toBe(200)
    expect((await call('fleet-country', '/')).status).toBe(200)
  })

  it('knows at each door who asks for what: a webhook, the way out', async () => {
    const delivered = await gatedApp('fleet-hooks')
    await heard(
      requestRule('fleet-hooks', "request.webhook.source != 'shop' || request.headers['x-kind'] == 'good'", {
        allows: {
          request: { door: 'hooks', webhook: { source: 'shop', scheme: 'svix' }, headers: { 'x-kind': 'good' } },
        },
        denies: {
          request: { door: 'hooks', webhook: { source: 'shop', scheme: 'svix' }, headers: { 'x-kind': 'bad' } },
        },
      }),
    )
    await expectFault(await push('fleet-hooks', { headers: { 'x-kind': 'bad' } }), 'fleet-rule-denied', 403)
    expect((await push('fleet-hooks', { headers: { 'x-kind': 'good' } })).status).toBe(202)
    expect(delivered.length).toBeLessThanOrEqual(1)
  })

  it('tightens egress for an app at risk, by values that the operator keeps, until their day is over', async () => {
    const token = await egressApp('fleet-risk', {
      egress: [{ to: 'GET https://maps.fleet-risk.example' }, { to: 'GET https://pay.fleet-risk.example' }],
    })
    appAt('maps.fleet-risk.example', () => new Response('maps'))
    appAt('pay.fleet-risk.example', () => new Response('pay'))
    const until = new Date(Date.now() + 3_600_000).toISOString()
    const risky = { org: { risk: { 'fleet-risk': { until: '2999-01-01T00:00:00Z' } }, minimalEgress: ['pay.example'] } }
    await heard(
      policyData({ risk: { 'fleet-risk': { until } }, minimalEgress: ['pay.fleet-risk.example'] }),
      requestRule(
        'fleet-risk',
        '!(app.metadata.name in org.risk) || org.risk[app.metadata.name].until < request.time || request.egress.host in org.minimalEgress',
        {
          allows: { ...risky, request: { door: 'egress', egress: { host: 'pay.example', port: 443 } } },
          denies: { ...risky, request: { door: 'egress', egress: { host: 'maps.example', port: 443 } } },
        },
      ),
    )
    await expectFault(await goOut(token, '/maps.fleet-risk.example/'), 'fleet-rule-denied', 403)
    expect((await goOut(token, '/pay.fleet-risk.example/')).status).toBe(200)
    moveTimeBy(3_600_000)
    const fresh = await egressApp('fleet-risk', { egress: [{ to: 'GET https://maps.fleet-risk.example' }] })
    expect((await goOut(fresh, '/maps.fleet-risk.example/')).status).toBe(200)
  })

  it('binds where a redirect leads', async () => {
    const token = await egressApp('fleet-hop', {
      egress: [{ to: 'GET https://*.fleet-hop.example', followRedirects: true }],
    })
    const location = 'https://far.fleet-hop.example/'
    appAt('near.fleet-hop.example', () => new Response(null, { status: 302, headers: { location } }))
    const far = appAt('far.fleet-hop.example', () => new Response('far'))
    const egress = (host: string) => ({ request: { door: 'egress', egress: { host, port: 443 } } })
    await heard(
      requestRule('fleet-hop', "!request.egress.host.startsWith('far.')", {
        allows: egress('near.example'),
        denies: egress('far.example'),
      }),
    )
    await expectFault(await goOut(token, '/near.fleet-hop.example/'), 'fleet-rule-denied', 403)
    expect(far).toEqual([])
  })

  it('that only warns or records lets pass, and is counted like any other', async () => {
    await apiApp('fleet-warns')
    const spec = { allows: route('/open'), denies: route('/shut') }
    const rules = (['Warn', 'Audit'] as const).map(action =>
      requestRule('fleet-warns', "request.path != '/shut'", { ...spec, action, name: `only-${action.toLowerCase()}s` }),
    )
    await heard(...rules)
    expect((await call('fleet-warns', '/shut')).status).toBe(200)
    await counted({ app: 'fleet-warns', door: 'apps', rule: 'only-audits', weight: 'Audit', why: 'broken' }, 1)
    await counted({ app: 'fleet-warns', door: 'apps', rule: 'only-warns', weight: 'Warn', why: 'broken' }, 1)
  })

  it('that ends in an error denies, and is counted as an error', async () => {
    await apiApp('fleet-errs')
    await heard(
      requestRule('fleet-errs', "request.headers['x-version'] == '2'", {
        allows: { request: { headers: { 'x-version': '2' } } },
        denies: { request: { headers: { 'x-version': '1' } } },
      }),
    )
    await expectFault(await call('fleet-errs', '/'), 'fleet-rule-denied', 403)
    await counted({ app: 'fleet-errs', rule: 'request-rule', weight: 'Deny', why: 'error' }, 1)
    expect((await call('fleet-errs', '/', { headers: { 'x-version': '2' } })).status).toBe(200)
  })

  it('never sees what proves who somebody is', async () => {
    await apiApp('fleet-proofs')
    await heard(
      requestRule(
        'fleet-proofs',
        "!('authorization' in request.headers || 'cookie' in request.headers || 'x-api-key' in request.headers) && 'x-shown' in request.headers",
        { allows: { request: { headers: { 'x-shown': 'a' } } }, denies: { request: { headers: {} } } },
      ),
    )
    const headers = { authorization: 'Bearer a', cookie: 'a=b', 'x-api-key': 'k', 'x-shown': 'yes' }
    expect((await call('fleet-proofs', '/', { headers })).status).toBe(200)
  })
})

describe('PUT /admin/v1/fleet', () => {
  it('refuses rules with every fault, by document and path, and changes nothing', async () => {
    const wrong = requestRule('fleet-put', 'request.pth == "/"', { allows: route('/'), denies: route('/1') })
    const refused = await inForce(wrong, { ...wrong, metadata: { name: 'other' }, extra: 1 })
    const { faults } = await refused.clone().json<{ faults: { path: string; remedy: string }[] }>()
    await expectFault(refused, 'manifest-refused', 422)
    expect(faults).toMatchObject([
      { path: 'documents[0].spec.validations[0].expression', remedy: 'Did you mean `path`?' },
      { path: 'documents[1].extra' },
    ])
  })

  it('is for operators, wants a reason, is recorded, and gives back what is in force', async () => {
    const rule = requestRule('fleet-put', 'request.path == "/"', { allows: route('/'), denies: route('/1') })
    const body = { documents: [rule] }
    await expectFault(await admin('fleet', { method: 'PUT', body }), 'request-invalid', 400)
    const headers = { 'gatehouse-reason': 'try' }
    for (const roles of [['viewer'], ['author'], ['approver']])
      await expectFault(await admin('fleet', { method: 'PUT', body, headers, roles }), 'role-missing', 403)
    const { digest, sequence } = await (await inForce(rule)).json<{ digest: string; sequence: number }>()
    expect(await (await inForce(rule)).json()).toMatchObject({ change: 'unchanged', digest })
    expect(await (await admin('fleet')).json()).toEqual({
      ...{ digest, documents: [rule] },
      ...{ environment: 'local', nextSequence: sequence + 1 },
    })
    const { items } = await (await admin('audit?limit=5')).json<{ items: { type: string; data: object }[] }>()
    expect(items.map(({ type, data }) => ({ type, ...data }))).toContainEqual(
      expect.objectContaining({ type: 'policy.published', actor: 'olga', reason: 'try', digest }),
    )
  })
})
