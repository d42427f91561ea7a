import { beforeEach, describe, expect, it } from 'vitest'
import { storeTimeoutMs } from '#core/limits/rates.ts'
import { expectFault } from '../support/faults.ts'
import { gatedApp, push, source } from '../support/gated-app.ts'
import { moveTimeBy, moveTimeTo, stretchTimersOf } from '../support/time.ts'

beforeEach(() => stretchTimersOf(storeTimeoutMs))

const rate = (over: object = {}) => ({ limits: { rate: [{ name: 'burst', limit: 2, windowSeconds: 10, ...over }] } })

describe('a limited source', () => {
  it('refuses the event after the last one that the window allows, and takes it once the window has passed', async () => {
    moveTimeTo('2026-11-21T12:00:00Z')
    await gatedApp('limit-source', { source: rate() })
    expect([(await push('limit-source')).status, (await push('limit-source')).status]).toEqual([202, 202])
    const refused = await push('limit-source')
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '11',
      'ratelimit-policy': '"burst";q=2;w=10',
      ratelimit: '"burst";r=0;t=11',
    })
    const problem = await expectFault(refused, 'rate-exceeded', 429)
    expect(problem.policy).toBe('rateLimit')
    moveTimeBy(11_000)
    expect((await push('limit-source')).status).toBe(202)
  })

  it('says on each answer how much is left, also on one that a later policy refuses', async () => {
    const schema = { type: 'object', required: ['n'] }
    await gatedApp('limit-told', { source: { ...rate({ limit: 9 }), schema } })
    const taken = await push('limit-told')
    expect(taken.headers.get('ratelimit')).toMatch(/^"burst";r=8;t=\d+$/)
    const refused = await push('limit-told', { body: '{}' })
    expect(refused.headers.get('ratelimit')).toMatch(/^"burst";r=7;t=\d+$/)
    await expectFault(refused, 'schema-mismatch', 422)
  })

  it('is limited apart from other sources of the app', async () => {
    await gatedApp('limit-apart', { source: rate({ limit: 1 }), moreSources: { other: source(rate({ limit: 1 })) } })
    expect((await push('limit-apart')).status).toBe(202)
    expect((await push('limit-apart', { source: 'other' })).status).toBe(202)
    await expectFault(await push('limit-apart'), 'rate-exceeded', 429)
  })

  it('counts what one limit refuses in none of the others', async () => {
    moveTimeTo('2026-11-21T12:00:00Z')
    const limits = {
      rate: [
        { name: 'hour', limit: 3, windowSeconds: 3_600 },
        { name: 'burst', limit: 1, windowSeconds: 1, per: 'app' },
      ],
    }
    await gatedApp('limit-both', { source: { limits } })
    expect((await push('limit-both')).headers.get('ratelimit')).toMatch(/^"hour";r=2;t=\d+, "burst";r=0;t=\d+$/)
    for (let n = 0; n < 5; n++) await expectFault(await push('limit-both'), 'rate-exceeded', 429)
    moveTimeBy(2_000)
    expect((await push('limit-both')).headers.get('ratelimit')).toMatch(/^"hour";r=1/)
  })

  it('does not count what was not signed', async () => {
    await gatedApp('limit-unsigned', { source: rate({ limit: 1 }) })
    const secret = `whsec_${btoa('another key of thirty-two bytes.')}`
    for (let n = 0; n < 3; n++) await expectFault(await push('limit-unsigned', { secret }), 'signature-mismatch', 401)
    expect((await push('limit-unsigned')).status).toBe(202)
  })
})

it('in shadow mode a limit refuses nothing', async () => {
  await gatedApp('limit-shadow', { source: rate({ limit: 1 }), spec: { policies: { rateLimit: { mode: 'shadow' } } } })
  for (let n = 0; n < 3; n++) expect((await push('limit-shadow')).status).toBe(202)
})
