import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RateRule } from '#core/limits/rate-rule.ts'
import type { RateStore } from '#core/limits/rates.ts'
import { Secret } from '#core/secrets/secret.ts'
import { upstashRates } from '#platform/limits/rates-upstash.ts'
import { freePort } from '../../scripts/free-port.ts'
import { startGatehouse, temporaryFolder, write } from '../support/node/gateway.ts'
import { type RedisFront, startRedisFront } from '../support/node/redis-front.ts'
import { hammer, isolateOn } from '../support/rates.ts'

const quotas: RateStore = {
  name: 'none',
  take: () => Promise.reject(new Error('a quota is kept elsewhere')),
  back: () => Promise.reject(new Error('a quota is kept elsewhere')),
  look: () => Promise.reject(new Error('a quota is kept elsewhere')),
}

let front: RedisFront
let store: RateStore
beforeAll(async () => {
  front = await startRedisFront()
  store = upstashRates({ url: front.url, token: new Secret('UPSTASH_REDIS_REST_TOKEN', front.token) }, quotas)
})
afterAll(() => front?.stop())

const counter = (app: string) => ({ app, subject: 'caller a', name: 'burst' })
const one = { least: 1, most: 1 }

describe('several isolates on one Redis, under 64 connections', () => {
  it.each<RateRule>([
    { kind: 'sliding', limit: 50, windowSeconds: 3_600 },
    { kind: 'sliding', limit: 1_000, windowSeconds: 86_400 },
    { kind: 'bucket', limit: 500, windowSeconds: 2_678_400 },
  ])('never let more through than %j, and at least 95 %% of it', async rule => {
    const isolates = [isolateOn(store), isolateOn(store)]
    const granted = await hammer(isolates, 32, `upstash-${rule.kind}-${rule.limit}`, rule)
    expect(granted).toBeLessThanOrEqual(rule.limit)
    expect(granted).toBeGreaterThanOrEqual(rule.limit * 0.95)
  })
})

describe('the store', () => {
  const sliding: RateRule = { kind: 'sliding', limit: 10, windowSeconds: 86_400 }

  it.each<RateRule>([sliding, { kind: 'bucket', limit: 10, windowSeconds: 86_400 }])(
    'says what is left of a $kind limit, and takes nothing by that',
    async rule => {
      const all = counter(`upstash-look-${rule.kind}`)
      const left = async () => (await store.look(all, rule)).remaining
      expect([await left(), await left()]).toEqual([10, 10])
      await store.take(all, rule, { least: 7, most: 7 })
      expect([await left(), await left()]).toEqual([3, 3])
      expect(await store.take(all, rule, { least: 3, most: 3 })).toMatchObject({ units: 3 })
      expect(await left()).toBe(0)
    },
  )

  it.each<RateRule>([sliding, { kind: 'bucket', limit: 10, windowSeconds: 86_400 }])(
    'takes nothing of a $kind limit where there is less than is needed',
    async rule => {
      const all = counter(`upstash-less-${rule.kind}`)
      expect(await store.take(all, rule, { least: 7, most: 7 })).toMatchObject({ units: 7, remaining: 3 })
      expect(await store.take(all, rule, { least: 4, most: 4 })).toMatchObject({ units: 0 })
      expect(await store.take(all, rule, { least: 3, most: 3 })).toMatchObject({ units: 3, remaining: 0 })
      expect(await store.take(all, rule, one)).toMatchObject({ units: 0 })
    },
  )

  it.each<RateRule>([sliding, { kind: 'bucket', limit: 10, windowSeconds: 86_400 }])(
    'takes back what was not used of a $kind limit, and never holds more than all of it',
    async rule => {
      const all = counter(`upstash-back-${rule.kind}`)
      const { mark } = await store.take(all, rule, { least: 10, most: 10 })
      await store.back(all, rule, 2, mark)
      expect(await store.take(all, rule, { least: 2, most: 2 })).toMatchObject({ units: 2 })
      expect(await store.take(all, rule, one)).toMatchObject({ units: 0 })
      if (rule.kind === 'bucket') {
        await store.back(all, rule, 15, mark)
        expect(await store.take(all, rule, { least: 11, most: 11 })).toMatchObject({ units: 0 })
      }
    },
  )

  it('keeps nothing in Redis by which a caller could be known, nor anything for ever', async () => {
    await store.take(counter('upstash-keys'), sliding, one)
    const keys = (await front.command('KEYS', '*upstash-keys*')) as string[]
    expect(keys).toHaveLength(1)
    expect(keys.join()).not.toContain('caller')
    for (const key of keys) expect(Number(await front.command('PTTL', key))).toBeGreaterThan(0)
  })
})

it('asks for all units of a lease with one request', async () => {
  const rule: RateRule = { kind: 'sliding', limit: 1_000, windowSeconds: 86_400 }
  await store.take(counter('upstash-pipeline'), rule, one)
  const before = front.requests()
  expect(await store.take(counter('upstash-pipeline'), rule, { least: 20, most: 20 })).toMatchObject({ units: 20 })
  expect(front.requests() - before).toBe(1)
})

describe('while Upstash is away', () => {
  const rule: RateRule = { kind: 'sliding', limit: 8, windowSeconds: 86_400 }

  it('a silence is no permission: closed lets nothing pass, open a quarter, and the late answers count', async () => {
    front.stall(true)
    const [closed, open] = [isolateOn(store), isolateOn(store)]
    const takings = [await closed.take(counter('upstash-away'), rule, 1, 'closed')]
    for (let n = 0; n < 3; n++) takings.push(await open.take(counter('upstash-away'), rule, 1, 'open'))
    front.stall(false)
    expect(takings.map(({ kind }) => kind)).toEqual(['away', 'granted', 'granted', 'refused'])
  })

  it('an error is none either', async () => {
    const refused = upstashRates({ url: front.url, token: new Secret('UPSTASH_REDIS_REST_TOKEN', 'wrong') }, quotas)
    expect(await isolateOn(refused).take(counter('upstash-error'), rule, 1, 'closed')).toEqual({ kind: 'away' })
    const [error] = await Promise.allSettled([refused.take(counter('upstash-error'), rule, one)])
    expect(error).toMatchObject({ status: 'rejected', reason: new Error('UpstashError: Unauthorized') })
  })

  it('is asked once for each call, is told nothing of us, and what it says of the call is not repeated', async () => {
    const headers: string[][] = []
    const broken = createServer((request, response) => {
      headers.push(Object.keys(request.headers))
      response.socket?.destroy()
    }).listen(0, '127.0.0.1')
    await once(broken, 'listening')
    const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
    const gone = upstashRates({ url, token: new Secret('UPSTASH_REDIS_REST_TOKEN', 'hidden-token') }, quotas)
    await expect(gone.take(counter('upstash-gone'), rule, one)).rejects.toThrow(/^(?!.*(hidden-token|upstash-gone))/)
    broken.close()
    expect(headers).toHaveLength(1)
    expect(headers.flat().filter(name => name.startsWith('upstash'))).toEqual([])
  })

  it('a call that has taken too long has failed: it is no answer', async () => {
    const asked = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort())
    await expect(store.take(counter('upstash-late'), rule, one)).rejects.toThrow('abort')
    expect(asked).toHaveBeenCalledExactlyOnceWith(5_000)
    asked.mockRestore()
  })
})

it('two gateways that share it never let more through than one limit', async () => {
  await using folder = await temporaryFolder()
  const app = createServer((_, response) => void response.end('ok')).listen(0, '127.0.0.1')
  await once(app, 'listening')
  const { port } = app.address() as AddressInfo
  await write(folder.path, { 'registry/shared.yaml': sharedManifest(port), 'secrets.env': '' })
  const environment = { UPSTASH_REDIS_REST_URL: front.url, UPSTASH_REDIS_REST_TOKEN: front.token }
  Object.assign(process.env, environment)
  const start = async (state: string) => {
    const [registry, secrets, kept] = ['registry', 'secrets.env', state].map(name => join(folder.path, name))
    const options = ['--registry', `${registry}`, '--secrets', `${secrets}`, '--state', `${kept}`, '--no-samples']
    return startGatehouse(['--port', String(await freePort()), ...options])
  }
  const gateways = [await start('one'), await start('two')]
  try {
    const ask = async ({ url }: { url: string }) => {
      // 503: the store was too slow for this machine; the request was not counted, and comes again
      for (;;) {
        const { status } = await fetch(`${url}/apps/shared/`)
        if (status !== 503) return status
      }
    }
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) for (const gateway of gateways) statuses.push(await ask(gateway))
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429])
    expect(await front.command('KEYS', 'gatehouse:rates:shared:*')).toHaveLength(1)
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name]
    for (const gateway of gateways) await gateway.stop()
    app.close()
  }
}, 180_000)

const sharedManifest = (port: number) => `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: shared }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "http://localhost:${port}" }]
  api: { routes: [{ path: /, methods: [GET], auth: none }] }
  limits: { rate: [{ name: daily, limit: 3, windowSeconds: 86400 }] }
`
