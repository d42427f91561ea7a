import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import type { Attempt, EventView } from '#core/delivery/event.ts'
import type { Seen } from '../../scripts/faults/app.ts'
import { attemptName, type Evidence, judge } from '../../scripts/faults/verdict.ts'

it('kill -9 under load, in front of an app that hangs, resets, breaks off and drips, loses and repeats nothing without a reason', async () => {
  const main = join(root, 'scripts/faults/main.ts')
  const child = spawn(process.execPath, [main, '--seconds', '3', '--settle', '3', '--json'], { cwd: root })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  let progress = ''
  child.stderr.on('data', chunk => {
    progress += chunk
  })
  const [code] = await once(child, 'close')
  expect(output, progress).not.toBe('')
  const report = JSON.parse(output)
  expect(report.failures).toEqual([])
  expect(code).toBe(0)
  expect(report.events).toBeGreaterThan(20)
  expect(report.kills.workerd).toBeGreaterThan(0)
  expect(report.answeredByApp).toBeGreaterThan(0)
  expect(Object.keys(report.requests)).toContain('takes')
}, 270_000)

describe('the completeness check', () => {
  const nowMs = Date.UTC(2026, 0, 1)
  const at = (agoMs: number) => new Date(nowMs - agoMs).toISOString()
  const event = (id: string, state: EventView['state'], attempts: Attempt[]): EventView => ({
    id,
    app: 'faults',
    source: 'queued',
    region: 'any',
    state,
    receivedAt: at(5_000),
    size: 1,
    attempts,
  })
  const one = event('one', 'delivered', [{ n: 1, at: at(4_000), ms: 1, status: 200 }])
  const took = (eventId: string, attempt = 1): Seen => ({ eventId, attempt, how: 'takes', isTaken: true })
  const good: Evidence = {
    accepted: [{ vendorId: 'v1', eventId: 'one', isAnswered: false }],
    events: [one],
    seen: [took('one')],
    openAtKills: new Set(),
    unwatched: [],
    nowMs,
  }
  const lost = { n: 1, at: at(3_000), fault: 'outcome-unknown' } as const
  const crashed = { ...one, attempts: [lost, { n: 2, at: at(1_000), ms: 1, status: 200 }] }
  const accepted = (...ids: string[]) => ids.map((eventId, n) => ({ vendorId: `v${n}`, eventId, isAnswered: false }))

  it('finds nothing where nothing is wrong', () => {
    expect(judge(good)).toEqual({
      leasesOpenAtKills: 0,
      unknown: 0,
      repeats: 0,
      underLease: 0,
      failures: [],
    })
  })

  it('takes what a crash has cut off for what it is', () => {
    const openAtKills = new Set([attemptName('one', 1)])
    const repeated = { ...good, events: [crashed], seen: [took('one', 1), took('one', 2)], openAtKills }
    expect(judge(repeated)).toEqual({
      leasesOpenAtKills: 1,
      unknown: 1,
      repeats: 1,
      underLease: 0,
      failures: [],
    })
    const unwatched = [{ fromMs: nowMs - 3_500, goneMs: nowMs - 2_900, toMs: nowMs + 40_000 }]
    expect(judge({ ...repeated, openAtKills: new Set(), unwatched })).toMatchObject({
      leasesOpenAtKills: 1,
      failures: [],
    })
    const leased = event('one', 'delivering', [{ n: 1, at: at(3_000) }])
    expect(judge({ ...good, events: [leased], openAtKills })).toMatchObject({ underLease: 1, failures: [] })
  })

  it.each<[string, Partial<Evidence>]>([
    ['1 accepted events are lost: two', { accepted: accepted('one', 'two') }],
    ['1 events are shown twice: one', { events: [one, one] }],
    [
      '1 webhooks became two events: v',
      {
        accepted: ['one', 'two'].map(eventId => ({ vendorId: 'v', eventId, isAnswered: false })),
        events: [one, { ...one, id: 'two' }],
        seen: [took('one'), took('two')],
      },
    ],
    [
      '1 events were kept of which nobody was told: two',
      { events: [one, { ...one, id: 'two' }], seen: [took('one'), took('two')] },
    ],
    ['1 events have not ended: one (waiting)', { events: [event('one', 'waiting', [])] }],
    ['1 events have not ended: one (dead)', { events: [event('one', 'dead', [])] }],
    ['1 events have not ended: one (delivering)', { events: [event('one', 'delivering', [{ n: 1, at: at(3_000) }])] }],
    [
      '1 events have not ended: one (delivering)',
      {
        events: [event('one', 'delivering', [{ n: 1, at: at(60_000) }])],
        openAtKills: new Set([attemptName('one', 1)]),
      },
    ],
    [
      '1 delivered events were never taken by the app: one',
      { seen: [{ ...took('one'), how: 'hangs', isTaken: false }] },
    ],
    [
      '1 events were attempted again after their success was recorded: one',
      { events: [{ ...one, attempts: [...one.attempts, { n: 2, at: at(1_000), ms: 1, status: 200 }] }] },
    ],
    ['1 attempts came to the app twice: one 1', { seen: [took('one'), took('one')] }],
    ['1 outcomes are unknown of attempts that no kill has cut off: one', { events: [crashed], seen: [took('one', 2)] }],
  ])('says: %s', (failure, change) => {
    expect(judge({ ...good, ...change }).failures).toContain(failure)
  })
})
