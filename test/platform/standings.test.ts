import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '#core/manifest/entry.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { type Court, sharedStandings } from '#core/steer/standings.ts'
import type { Env } from '#platform/env.ts'
import { meterCourt } from '#platform/meter.ts'
import { documentOf } from '../support/manifests.ts'
import { recordingPorts } from '../support/ports.ts'

const breaker = { failurePercent: 50, minRequests: 10, windowSeconds: 30, openSeconds: 20 }

function entryOf(app: string, canary?: Readonly<Record<string, unknown>>): Entry {
  const upstreams = [
    { name: 'stable', url: 'https://a.example.com' },
    { name: 'canary', url: 'https://b.example.com' },
  ]
  const manifest = Manifest.parse(documentOf({ breaker, ...(canary && { upstreams, rollout: { canary } }) }, app))
  return { app, digest: `sha256:${app}`, manifest, expiresAt: new Date(), publishedAt: new Date() }
}

/** One isolate: a memory of its own, and the meters that all share. */
function isolate(court: Court = meterCourt(env as unknown as Env)) {
  const { ports, counted, logged, pass } = recordingPorts()
  const under: Promise<unknown>[] = []
  const standings = sharedStandings(court, ports.clock, ports.counters, ports.log, work => under.push(work), 4_000)
  return {
    standings,
    counted,
    logged,
    pass,
    background: () => Promise.all(under.splice(0)),
    async see(entry: Entry, upstream: string, attempts: number, failures: number) {
      for (let n = 0; n < attempts; n++) await standings.note(entry, upstream, n < failures)
    },
  }
}

/** The first call to an object loads the worker, which on a busy machine takes longer than a report waits. */
beforeAll(async () => void (await env.METER.getByName('standing-first').read()), 60_000)

describe('two isolates', () => {
  it('leave an upstream alone by what they have seen together', async () => {
    const entry = entryOf('standing-two')
    const [one, other] = [isolate(), isolate()]
    await one.see(entry, 'stable', 6, 6)
    await other.see(entry, 'stable', 6, 6)
    await one.background()
    await other.background()
    expect(other.standings.waitMs(entry, 'stable')).toBe(20_000)
    expect(one.standings.waitMs(entry, 'stable')).toBe(0)
    await one.see(entry, 'stable', 1, 1)
    await one.background()
    expect(one.standings.waitMs(entry, 'stable')).toBe(20_000)
    expect(other.logged).toContain('warn upstream')
  })

  it('hear of it from the meter, also one that has seen nothing, once it reports', async () => {
    const entry = entryOf('standing-new', { abortMarginPercent: 10 })
    const one = isolate()
    await one.see(entry, 'canary', 10, 10)
    expect(await one.standings.isCalledOff(entry)).toBe(true)
    const fresh = isolate()
    expect(await fresh.standings.isCalledOff(entry)).toBe(true)
    expect(await fresh.standings.isCalledOff({ ...entry, digest: 'sha256:next' })).toBe(false)
  })
})

describe('an isolate', () => {
  it('waits for the judgement when a failure may be the one too many, so the next request knows', async () => {
    const entry = entryOf('standing-burst')
    const one = isolate()
    await one.see(entry, 'stable', 9, 9)
    expect(one.standings.waitMs(entry, 'stable')).toBe(0)
    await one.see(entry, 'stable', 1, 1)
    expect(one.standings.waitMs(entry, 'stable')).toBe(20_000)
  })

  it('lets one request through when the time is over, and all once that one has succeeded', async () => {
    const entry = entryOf('standing-probe')
    const one = isolate()
    await one.see(entry, 'stable', 10, 10)
    one.pass(20_000)
    expect([one.standings.waitMs(entry, 'stable'), one.standings.waitMs(entry, 'stable')]).toEqual([0, 1_000])
    await one.standings.note(entry, 'stable', true)
    expect(one.standings.waitMs(entry, 'stable')).toBe(20_000)
    one.pass(20_000)
    expect(one.standings.waitMs(entry, 'stable')).toBe(0)
    await one.standings.note(entry, 'stable', false)
    expect([one.standings.waitMs(entry, 'stable'), one.standings.waitMs(entry, 'stable')]).toEqual([0, 0])
    expect(
      one.counted
        .filter(line => line.includes('upstream_changes_total'))
        .map(line => /"change":"(\w+)"/.exec(line)?.[1]),
    ).toEqual(['opened', 'opened', 'closed'])
  })

  it('sends another probe where one was lost', async () => {
    const entry = entryOf('standing-lost')
    const one = isolate()
    await one.see(entry, 'stable', 10, 10)
    one.pass(20_000)
    one.standings.waitMs(entry, 'stable')
    one.pass(30_000)
    expect(one.standings.waitMs(entry, 'stable')).toBe(0)
  })

  it('decides alone while the meter does not answer', async () => {
    const away = () => Promise.reject(new Error('away'))
    const entry = entryOf('standing-alone')
    const one = isolate({ hear: away, standing: away })
    await one.see(entry, 'stable', 10, 10)
    expect(one.standings.waitMs(entry, 'stable')).toBe(20_000)
    expect(one.counted.some(line => line.includes('standing_unheard_total'))).toBe(true)
  })

  it('retries as much as the budget holds, and nothing that is left alone', async () => {
    const entry = entryOf('standing-retries')
    const one = isolate()
    const taken = (tries: number) =>
      Array.from({ length: tries }, () => one.standings.takeRetry(entry, 'stable')).filter(Boolean).length
    expect(taken(20)).toBe(10)
    await one.see(entry, 'stable', 10, 0)
    expect(taken(20)).toBe(2)
    one.pass(3_000)
    expect(taken(20)).toBe(3)
    await one.see(entry, 'stable', 30, 30)
    one.pass(10_000)
    expect(taken(20)).toBe(0)
  })
})
