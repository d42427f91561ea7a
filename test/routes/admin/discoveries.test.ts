import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type Discovery, maxDiscoveries } from '#core/api/discoveries.ts'
import type { Env } from '#platform/env.ts'
import { call } from '../../support/api-app.ts'
import { expectFault } from '../../support/faults.ts'
import { push } from '../../support/gated-app.ts'
import { operatorToken } from '../../support/operator.ts'

async function ask(query = '', roles: readonly string[] = ['viewer']): Promise<Response> {
  const headers = { authorization: `Bearer ${await operatorToken({ roles })}` }
  return exports.default.fetch(`http://gate.example/admin/v1/discoveries${query}`, { headers })
}

type Page = { items: Discovery[]; next: string | null }

describe('apps that nobody has published', () => {
  it('are listed once they were called, with how often, whatever the door', async () => {
    await call('found-one', '/a')
    await call('found-one', '/b')
    await push('found-two')
    await call('Not..an..app', '/')
    const { items } = (await (await ask('?limit=500')).json()) as Page
    const found = items.filter(({ app }) => app.startsWith('found-'))
    expect(found.map(({ app, requests }) => [app, requests]).sort()).toEqual([
      ['found-one', 2],
      ['found-two', 1],
    ])
    for (const { firstAt, lastAt } of found) expect(Date.parse(firstAt)).toBeLessThanOrEqual(Date.parse(lastAt))
    expect(items.some(({ app }) => app.includes('..'))).toBe(false)
  })

  it('are listed page by page, and only to those with a role', async () => {
    await call('found-page', '/')
    const first = (await (await ask('?limit=1')).json()) as Page
    expect([first.items.length, typeof first.next]).toEqual([1, 'string'])
    const second = (await (await ask(`?limit=1&cursor=${first.next}`)).json()) as Page
    expect(second.items[0]?.app).not.toBe(first.items[0]?.app)
    await expectFault(await ask('', []), 'role-missing', 403)
  })

  it('are kept up to a bound: made-up names push out those called longest ago', async () => {
    const meter = (env as unknown as Env).METER.getByName('discoveries-bound')
    const made = (prefix: string) =>
      Object.fromEntries(Array.from({ length: maxDiscoveries }, (_, n) => [`${prefix}-${n}`, 1]))
    await meter.addDiscoveries(made('old'), 1_000)
    await meter.addDiscoveries({ 'old-0': 1, fresh: 1 }, 2_000)
    const kept = await meter.discoveries()
    expect([kept.length, kept[0]?.app, kept[1]?.app]).toEqual([maxDiscoveries, 'fresh', 'old-0'])
  })
})
