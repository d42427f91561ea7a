import { describe, expect, it } from 'vitest'
import { egressApp, goOut } from '../support/egress-app.ts'
import { appAt } from '../support/upstream.ts'

const production = { lifecycle: { stage: 'production' } }
const bearer = { secret: 'key', as: 'bearer' }

/** Goes out by an entry that publish would have refused. */
async function going(name: string, host: string, rules: readonly object[], spec: object = {}) {
  const seen = appAt(host)
  const egress = rules as Record<string, unknown>[]
  const token = await egressApp(name, { egress, secrets: { key: 'sk-of-the-vendor' }, spec: { ...spec } })
  const answer = await goOut(token, `/${host}/`)
  return { seen, fault: answer.headers.get('gatehouse-fault') }
}

describe('an entry that came past publish opens no more than publish would', () => {
  it.each([
    ['a wildcard under a public suffix', 'suffix', [{ to: 'https://*.com' }], {}],
    ['one under a suffix of two labels', 'suffixes', [{ to: 'https://**.co.uk' }], {}],
    ['an allow-list that is off', 'off', [], { policies: { allowList: { mode: 'off' } } }],
    ['one in shadow mode in production', 'shadow', [], { ...production, policies: { allowList: { mode: 'shadow' } } }],
    ['a rule in shadow mode in production', 'rule', [{ mode: 'shadow' }], production],
  ] as const)('not by %s', async (_, name, rules, spec) => {
    const host =
      { suffix: 'past-publish.com', suffixes: 'past-publish.co.uk' }[name as string] ?? `past-${name}.example.com`
    const own = rules.map(rule => ({ to: `https://${host}`, ...rule }))
    const { seen, fault } = await going(`past-publish-${name}`, host, own, spec)
    expect(fault).toBe('egress-denied')
    expect(seen).toHaveLength(0)
  })

  it('and lends no credential to hosts of any depth', async () => {
    const host = 'a.b.past-deep.example.com'
    const { seen, fault } = await going('past-publish-deep', host, [
      { to: 'https://**.past-deep.example.com', credential: bearer },
    ])
    expect(fault).toBeNull()
    expect(seen[0]?.headers.has('authorization')).toBe(false)
  })
})
