import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readFleet } from '#core/fleet/documents.ts'
import { recordedEvent, recordedInChain, recordedInLog } from '#core/fleet/recorded.ts'
import { rehearsal } from '#core/fleet/rehearse.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { admin } from '../../support/admin.ts'
import { apiApp, call } from '../../support/api-app.ts'
import { egressApp, goOut } from '../../support/egress-app.ts'
import { requestRule, ruleDocument } from '../../support/fleet.ts'
import { accepted, gatedApp } from '../../support/gated-app.ts'
import { documentOf } from '../../support/manifests.ts'
import { eventually } from '../../support/time.ts'
import { appAt } from '../../support/upstream.ts'

const now = new Date('2026-11-21T12:00:00Z')

/** Rules, and the manifests of the apps that they are rehearsed with. */
function stage(rules: readonly unknown[], ...apps: readonly string[]) {
  const fleet = readFleet(rules, now)
  if (fleet.kind === 'refused') throw new Error(JSON.stringify(fleet.findings))
  const manifests = new Map(apps.map(app => [app, Manifest.parse(documentOf({}, app))]))
  return rehearsal(fleet, manifests, { environment: 'local', now })
}

/** The lines that the gateway writes while this test runs. */
function logLines(): string[] {
  const lines: string[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation(text => void lines.push(...String(text).split('\n')))
  onTestFinished(() => spy.mockRestore())
  return lines
}

const any = { match: 'true', allows: {} }

describe('a rehearsal', () => {
  it('says from the gateway’s own log how many requests of which apps a rule would have denied', async () => {
    const lines = logLines()
    await apiApp('rehearse-a')
    await apiApp('rehearse-b')
    for (const [app, method, times] of [
      ['rehearse-a', 'POST', 3],
      ['rehearse-a', 'GET', 2],
      ['rehearse-b', 'POST', 1],
    ] as const)
      for (let n = 0; n < times; n++) await call(app, '/x', { method })
    await call('rehearse-a', '/x', { method: 'DELETE' }) // refused at the time
    const rule = requestRule('sample', "request.door != 'apps' || request.method == 'GET'", {
      ...any,
      denies: { request: { method: 'POST' } },
    })
    const { result, add } = stage([rule], 'rehearse-a')
    await eventually(() => expect(lines.filter(line => line.includes('"request"')).length).toBe(7))
    for (const line of ['no JSON', '{}', ...lines]) {
      const recorded = recordedInLog(line)
      if (recorded) add(recorded)
    }
    expect(result.counts).toEqual({ requests: 7, refused: 1, unknown: 1 })
    expect(result.rules).toMatchObject([
      { requests: { 'rehearse-a': 3 }, reasons: { 'is not as it should be': 3 }, unjudged: {} },
    ])
  })

  it('knows from the audit chain where apps went, and from kept events which webhooks came', async () => {
    const token = await egressApp('rehearse-out', { egress: [{ to: 'GET https://far.rehearse.example' }] })
    appAt('far.rehearse.example', () => new Response('far'))
    await (await goOut(token, '/far.rehearse.example/')).text()
    await gatedApp('rehearse-in')
    await accepted('rehearse-in')
    const far = { request: { door: 'egress', egress: { host: 'far.example', port: 443 } } }
    const { result, add } = stage(
      [
        requestRule('sample', "request.door != 'egress' || request.egress.host != 'far.rehearse.example'", {
          match: 'true',
          allows: far,
          denies: { request: { door: 'egress', egress: { host: 'far.rehearse.example', port: 443 } } },
          name: 'no-far',
        }),
        requestRule('sample', "request.door != 'hooks' || request.webhook.scheme != 'standard-webhooks'", {
          ...any,
          denies: { request: { door: 'hooks', webhook: { source: 'shop', scheme: 'standard-webhooks' } } },
          name: 'no-standard',
        }),
      ],
      'rehearse-out',
      'rehearse-in',
    )
    const items = async (path: string) => (await (await admin(path)).json<{ items: never[] }>()).items
    await eventually(async () => {
      const records = (await items('audit?app=rehearse-out')).flatMap(recordedInChain)
      expect(records).toHaveLength(1)
      for (const one of records) add(one)
    }, 15_000)
    for (const event of await items('events?app=rehearse-in')) add(recordedEvent(event, 'standard-webhooks'))
    expect(result.rules).toMatchObject([
      { rule: 'no-far', requests: { 'rehearse-out': 1 } },
      { rule: 'no-standard', requests: { 'rehearse-in': 1 } },
    ])
  })

  it('counts neither as allowed nor as denied what the records do not hold', () => {
    const line = JSON.stringify({ event: 'request', app: 'shop', method: 'GET', route: '/*', bytesIn: 0 })
    const recorded = recordedInLog(line)
    if (!recorded) throw new Error('no record')
    const withCaller = { caller: { issuer: 'a', subject: 'b', scopes: [] } }
    const rules = [
      requestRule('sample', "request.path != '/x'", { ...any, denies: { request: { path: '/x' } }, name: 'path' }),
      requestRule('sample', '!has(request.caller)', { ...any, denies: { request: withCaller }, name: 'caller' }),
      requestRule('sample', "!('x-a' in request.headers)", {
        ...any,
        denies: { request: { headers: { 'x-a': '' } } },
        name: 'headers',
      }),
      requestRule('sample', "!has(request.egress) && request.method != 'PUT'", {
        ...any,
        denies: { request: { method: 'PUT' } },
        name: 'known',
      }),
    ]
    const { result, add } = stage(rules, 'shop')
    add(recorded)
    expect(result.rules.map(({ rule, requests, unjudged }) => [rule, requests, unjudged])).toEqual([
      ['caller', {}, { shop: 1 }],
      ['headers', {}, { shop: 1 }],
      ['known', {}, {}],
      ['path', {}, { shop: 1 }],
    ])
  })

  it('heeds exceptions, and asks rules over manifests about those of now', () => {
    const exceptions = [{ app: 'shop', owner: 'mira', reason: 'moving', until: '2026-11-30' }]
    const rule = requestRule('sample', "request.method != 'GET'", {
      match: 'true',
      exceptions,
      allows: { request: { method: 'PUT' } },
      denies: {},
    })
    const manifestRule = ruleDocument({
      validations: [{ ...ruleDocument().spec.validations[0], expression: "app.spec.owner.contact == '#no'" }],
      tests: [
        { name: 'a', expect: 'allow', input: { app: { spec: { owner: { contact: '#no' } } } } },
        { name: 'b', expect: 'deny' },
      ],
    })
    const { result, add } = stage([rule, manifestRule], 'shop', 'bistro')
    for (const app of ['shop', 'bistro']) add({ app, request: { door: 'apps', method: 'GET' }, wasRefused: false })
    expect(result.rules).toMatchObject([
      { rule: 'contact-named', manifests: ['shop', 'bistro'], requests: {} },
      { rule: 'request-rule', manifests: [], requests: { bistro: 1 } },
    ])
  })
})
