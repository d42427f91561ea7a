import { describe, expect, it } from 'vitest'
import { admin } from '../support/admin.ts'
import { egressApp, goOut } from '../support/egress-app.ts'
import { appAt } from '../support/upstream.ts'

const fault = (response: Response) => response.headers.get('gatehouse-fault')
const residency = { regions: ['eu'] }
const masking = { entities: ['EMAIL'], action: 'redact' }
const off = { policies: { piiMasking: { mode: 'off' } } }

/** An app of which the registry holds what publish would have refused. */
async function going(name: string, rule: Record<string, unknown>, spec: Record<string, unknown> = { residency }) {
  const host = `${name}.example.com`
  const seen = appAt(host)
  const token = await egressApp(name, { egress: [{ to: `https://${host}`, ...rule }], spec })
  return { seen, answer: await goOut(token, `/${host}/`) }
}

describe('by a rule whose region lies outside the residency of the app', () => {
  it('nothing leaves, whatever wrote the entry', async () => {
    const { seen, answer } = await going('out-region', { region: 'us' })
    expect([fault(answer), answer.status]).toEqual(['region-denied', 451])
    expect(await answer.text()).not.toContain('residency.regions, and')
    expect(seen).toHaveLength(0)
  })

  it('what is masked leaves', async () => {
    expect((await going('out-region-masked', { region: 'us', masking })).answer.status).toBe(200)
  })

  it.each(['off', 'shadow'])('nothing leaves where masking is %s', async mode => {
    const spec = { residency, policies: { piiMasking: { mode } } }
    expect(fault((await going(`out-region-${mode}`, { region: 'us', masking }, spec)).answer)).toBe('region-denied')
  })

  it('nothing leaves in shadow mode either, of the rule or of the app', async () => {
    expect(fault((await going('out-region-rule', { region: 'us', mode: 'shadow' })).answer)).toBe('region-denied')
    const spec = { residency, policies: { allowList: { mode: 'shadow' }, residency: { mode: 'off' } } }
    expect(fault((await going('out-region-app', { region: 'us' }, spec)).answer)).toBe('region-denied')
  })

  it('nothing is sent on by a redirect', async () => {
    const [from, onto] = ['region-from.example.com', 'region-onto.example.com']
    appAt(from, () => new Response(null, { status: 302, headers: { location: `https://${onto}/` } }))
    const seen = appAt(onto)
    const token = await egressApp('out-region-hop', {
      egress: [
        { to: `https://${from}`, region: 'eu' },
        { to: `https://${onto}`, region: 'us' },
      ],
      spec: { residency },
    })
    expect(fault(await goOut(token, `/${from}/`))).toBe('region-denied')
    expect(seen).toHaveLength(0)
  })

  it('the author is told so beforehand', async () => {
    await going('out-region-explain', { region: 'us' })
    const body = { app: 'out-region-explain', url: 'https://out-region-explain.example.com/' }
    const response = await admin('egress/explain', { body, roles: ['author'] })
    expect(await response.json()).toEqual({
      decision: 'deny',
      fault: 'region-denied',
      rule: 'https://out-region-explain.example.com',
      reason:
        'the rule `https://out-region-explain.example.com` leads to us, outside residency.regions, and does not mask',
    })
  })
})

it.each([
  ['in the residency', 'in-region', { region: 'eu' }, { residency }],
  ['named by no rule', 'no-region', {}, { residency }],
  ['of an app without residency', 'any-region', { region: 'us' }, {}],
  ['that does mask not even there', 'in-region-off', { region: 'eu', masking }, { residency, ...off }],
] as const)('a region %s is no reason to refuse', async (_, name, rule, spec) => {
  expect((await going(`egress-${name}`, rule, spec)).answer.status).toBe(200)
})
