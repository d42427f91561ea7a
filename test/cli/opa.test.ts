import { describe, expect, it } from 'vitest'
import { opaEngine } from '#core/fleet/opa.ts'
import type { Question } from '#core/fleet/question.ts'
import { sampleManifest, sampleRequest } from '#core/fleet/sample.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { Secret } from '#core/secrets/secret.ts'
import { opaServer } from '../support/node/opa.ts'

const now = new Date('2026-11-21T12:00:00Z')
const manifest = sampleManifest({}) as Manifest
const request = sampleRequest(
  { door: 'egress', headers: { 'x-a': 'b' }, egress: { host: 'far.example', port: 443 } },
  now,
)
if ('reason' in request) throw new Error(request.reason)
const question: Question = { point: 'request', manifest, environment: 'production', now, request }
const setting = { timeoutMs: 2_000, onError: 'closed', points: ['publish', 'request'] } as const

/** What an OPA that decides so makes the gateway find. */
async function found(result: unknown, over: Partial<Parameters<typeof opaEngine>[0]> = {}) {
  await using server = await opaServer(() => result)
  const engine = opaEngine(
    { ...setting, url: `${server.url}/v1/data/gatehouse/decision`, ...over },
    { upstreams: { fetch } },
  )
  const judgements = await engine.judge(question)
  return judgements.map(({ weight, isError, problem }) => [weight, problem.reason, ...(isError ? ['error'] : [])])
}

describe('OPA as an engine', () => {
  it('is asked for the decision that the URL names, with manifest and request as input, and its token', async () => {
    const asked: unknown[] = []
    await using server = await opaServer((path, input) => {
      asked.push([path, input])
      return true
    }, 'opa-token')
    const url = `${server.url}/v1/data/gatehouse/decision`
    const ask = (token: string) =>
      opaEngine({ ...setting, url, token: new Secret('OPA_TOKEN', token) }, { upstreams: { fetch } }).judge(question)
    expect(await ask('opa-token')).toEqual([])
    expect(asked).toEqual([
      [
        'gatehouse/decision',
        { point: 'request', environment: 'production', app: JSON.parse(JSON.stringify(manifest)), request },
      ],
    ])
    expect(await ask('another')).toMatchObject([{ weight: 'Deny', isError: true }])
  })

  it.each([
    [true, []],
    [false, [['Deny', 'it is not allowed']]],
    [[], []],
    [['too far'], [['Deny', 'too far']]],
    [[{ msg: 'too far', details: {} }], [['Deny', 'too far']]],
    [{ allow: true }, []],
    [{ allow: false }, [['Deny', 'it is not allowed']]],
    [{ allow: true, deny: ['still no'] }, [['Deny', 'still no']]],
    [{ deny: [], warn: ['rarely used'] }, [['Warn', 'rarely used']]],
  ])('takes the decision %j', async (result, expected) => {
    expect(await found(result)).toEqual(expected)
  })

  it.each([[undefined], [null], ['yes'], [1], [{}], [{ allow: 'true' }], [{ denied: ['no'] }], [[1]]])(
    'takes %j for no decision: closed it denies, open it records',
    async result => {
      expect(await found(result)).toEqual([
        ['Deny', expect.stringMatching(/^could not be judged: the decision/), 'error'],
      ])
      expect(await found(result, { onError: 'open' })).toMatchObject([['Audit', expect.anything(), 'error']])
    },
  )

  it('has no longer than its time, and decides without it where it is away', async () => {
    await using slow = await opaServer(() => new Promise(resolve => setTimeout(resolve, 5_000, true)))
    const engine = opaEngine({ ...setting, url: `${slow.url}/v1/data/a`, timeoutMs: 50 }, { upstreams: { fetch } })
    const startedMs = performance.now()
    expect(await engine.judge(question)).toMatchObject([
      { weight: 'Deny', problem: { reason: 'could not be judged: no answer within 50 ms' } },
    ])
    expect(performance.now() - startedMs).toBeLessThan(4_000)
    expect(await found(true, { url: 'http://127.0.0.1:1/v1/data/a' })).toEqual([
      ['Deny', 'could not be judged: unreachable', 'error'],
    ])
    expect(await found('x'.repeat(70_000))).toMatchObject([['Deny', expect.anything(), 'error']])
  })
})
