import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type FaultCode, faultRow, faults } from '#core/fault.ts'
import { KeySet } from '#core/identity/key-set.ts'
import type { Ports } from '#core/ports.ts'
import { Secret } from '#core/secrets/secret.ts'
import { doors } from '#routes/index.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, eventIn, gatedApp, push } from '../support/gated-app.ts'
import { operatorBindings, operatorToken } from '../support/operator.ts'
import { recordingPorts } from '../support/ports.ts'

const get = (path: string, headers: Record<string, string> = {}) =>
  exports.default.fetch(`http://gate.example${path}`, { headers })

const codes = Object.keys(faults) as FaultCode[]

describe('health', () => {
  it('is alive', async () => {
    const response = await get('/healthz')
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
  })

  it('is ready when every binding answers', async () => {
    const response = await get('/readyz')
    expect([response.status, await response.text()]).toEqual([200, 'ready'])
  })

  it('names the bindings that do not answer, and nothing else', async () => {
    const { ports } = recordingPorts({ health: { failing: async () => ['PAYLOADS', 'METER'] } })
    const response = await doors(ports).request('/readyz')
    expect([response.status, await response.text()]).toEqual([503, 'PAYLOADS\nMETER'])
  })
})

describe('the paths of the gateway’s own', () => {
  it('may end with a slash, and mean the same', async () => {
    expect(await (await get('/healthz/')).text()).toBe('ok')
    for (const path of ['/admin/v1/apps', '/admin/v1/apps/']) await expectFault(await get(path), 'token-missing', 401)
  })

  it('are no others that only look like them', async () => {
    for (const path of ['/healthz//', '/healthz/x', '//healthz', '/%2fhealthz', '/HEALTHZ'])
      await expectFault(await get(path), 'route-unknown', 404)
  })
})

describe('metrics', () => {
  it('hold the counters after traffic, in the text format, with their age', async () => {
    await gatedApp('metrics-traffic')
    await eventIn('delivered', await accepted('metrics-traffic', { id: 'evt_1' }))
    await push('metrics-traffic', { id: 'evt_1' })
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const lines = (await response.text()).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE gatehouse_hooks_requests_total counter',
        'gatehouse_hooks_requests_total{app="metrics-traffic",result="accepted"} 1',
        'gatehouse_hooks_requests_total{app="metrics-traffic",result="duplicate"} 1',
        'gatehouse_deliveries_total{app="metrics-traffic",source="shop",result="200"} 1',
        'gatehouse_webhook_secret_matches_total{app="metrics-traffic",source="shop",secret="vendor"} 2',
        'gatehouse_policy_verdicts_total{app="metrics-traffic",door="hooks",policy="webhookSignature",verdict="pass"} 2',
        '# TYPE gatehouse_metrics_age_seconds gauge',
      ]),
    )
    expect(lines.find(line => line.startsWith('gatehouse_metrics_age_seconds '))).toMatch(/ \d+(\.\d+)?$/)
    for (const line of lines.filter(line => line && !line.startsWith('#')))
      expect(line).toMatch(/^gatehouse_[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"(,[a-z]+="(\\.|[^"\\])*")*\})? \d+(\.\d+)?$/)
  })

  it('outside `local` are for the metrics token or a token with a role, and for nobody else', async () => {
    const admin = { teamsClaim: 'teams', localKeys: new KeySet(JSON.parse(operatorBindings.ADMIN_JWKS).keys) }
    const metricsToken = new Secret('METRICS_TOKEN', 'a-token-for-the-monitor')
    const settings = {
      environment: 'production',
      isLocal: false,
      ownHosts: [],
      regions: new Map(),
      admin,
      metricsToken,
    }
    const counters = {
      count: () => {},
      countEach: () => {},
      observe: () => {},
      lastSeen: async () => undefined,
      lastCounted: async () => undefined,
      sums: async () => ({ series: [], ageSeconds: 0 }),
    }
    const { ports } = recordingPorts({ settings, counters }, new Date())
    const ask = (authorization?: string) =>
      doors(ports).request('/metrics', authorization ? { headers: { authorization } } : {})

    await expectFault(await ask(), 'token-missing', 401)
    await expectFault(await ask('Bearer a-token-for-the-monitoR'), 'token-invalid', 401)
    await expectFault(await ask(`Bearer ${await operatorToken({ roles: [] })}`), 'role-missing', 403)
    await expectFault(await ask(`Bearer ${await operatorToken({ roles: ['author'] })}`), 'role-missing', 403)
    expect((await ask('Bearer a-token-for-the-monitor')).status).toBe(200)
    expect((await ask(`Bearer ${await operatorToken({ roles: ['viewer'] })}`)).status).toBe(200)
  })
})

describe('the page of a fault', () => {
  it.each(codes)('says what %s means and how to mend it, to people and to programs', async code => {
    const { status, title, remediation, blame } = faultRow(code)
    const page = await get(`/faults/${code}`, { accept: 'text/html' })
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    const text = await page.text()
    expect(text).toContain(`<code>${code}</code>, HTTP status ${status}`)
    expect(unescaped(text)).toContain(`<p>${remediation}</p>`)

    const data = await get(`/faults/${code}`, { accept: 'application/json' })
    expect(await data.json()).toEqual({ code, status, title, remediation, blame })
  })

  it('escapes what stands in angle brackets', async () => {
    const page = await (await get('/faults/token-missing')).text()
    expect(page).toContain('&lt;token&gt;')
    expect(page).not.toContain('<token>')
  })

  it.each(['no-such-fault', 'toString', '__proto__', '%3Cscript%3E'])('is not-found for %s', async code => {
    await expectFault(await get(`/faults/${code}`), 'not-found', 404)
  })

  it('is where the `type` of every refusal leads', async () => {
    const { type } = await expectFault(await push('operations-nobody'), 'app-unknown', 404)
    expect((await get(type)).status).toBe(200)
  })
})

describe('what goes wrong inside', () => {
  it('is `internal` to strangers; what it was stands in the log, under the same request id', async () => {
    const failing = () => Promise.reject(new Error('SQLITE_FULL at /secret/path.ts'))
    const lines: Record<string, unknown>[] = []
    const log: Ports['log'] = { write: (_, __, fields) => lines.push({ ...fields }) }
    const { ports } = recordingPorts({ health: { failing }, log })
    const problem = await expectFault(await doors(ports).request('/readyz'), 'internal', 500)
    expect(lines).toMatchObject([
      { requestId: problem.requestId, fault: 'internal', detail: expect.stringContaining('SQLITE_FULL') },
    ])
  })
})

function unescaped(html: string): string {
  const characters = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
  return html.replace(/&(?:lt|gt|quot|#39|amp);/g, entity => characters[entity as keyof typeof characters])
}
