import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import type { CounterSums } from '#core/ports.ts'
import { systemClock } from '#platform/clock.ts'
import { meteredCounters } from '#platform/counters.ts'
import type { Env } from '#platform/env.ts'
import { eventually, hurryTimersOf, moveTimeBy } from '../support/time.ts'

/** The counters of an isolate of their own: they share nothing but the meters. */
function isolate(over: Partial<Pick<Env, 'METER'>> = {}) {
  const background: Promise<unknown>[] = []
  const counters = meteredCounters(
    { ...(env as unknown as Env), ...over },
    systemClock,
    work => void background.push(work),
  )
  return { ...counters, background }
}

/** `sums` walks the apps of the registry. */
const known = (app: string) => env.REGISTRY.put(keys.pointer(app), '{}')

const seriesOf = ({ series }: CounterSums, app: string) =>
  series.filter(one => one.app === app).map(({ name, labels, value }) => ({ name, labels, value }))

describe('what two isolates count', () => {
  it('is one sum, whichever of them is asked', async () => {
    await known('count-two')
    const [one, other] = [isolate(), isolate()]
    one.count('count-two', 'deliveries_total', { source: 'shop', result: '200' })
    other.count('count-two', 'deliveries_total', { source: 'shop', result: '200' }, 4)
    await one.sums()
    const [seenByOther, seenByOne] = [await other.sums(), await one.sums()]
    const expected = [{ name: 'deliveries_total', labels: { source: 'shop', result: '200' }, value: 5 }]
    expect(seriesOf(seenByOther, 'count-two')).toEqual(expected)
    expect(seriesOf(seenByOne, 'count-two')).toEqual(expected)
  })

  it('stays apart by app, by name and by labels', async () => {
    await Promise.all([known('count-apart'), known('count-apart-two')])
    const { count, sums } = isolate()
    count('count-apart', 'deliveries_total', { result: '200' })
    count('count-apart', 'deliveries_total', { result: '500' }, 2)
    count('count-apart', 'dead_letters_total')
    count('count-apart-two', 'deliveries_total', { result: '200' }, 7)
    const all = await sums()
    expect(seriesOf(all, 'count-apart')).toHaveLength(3)
    expect(seriesOf(all, 'count-apart')).toEqual(
      expect.arrayContaining([
        { name: 'deliveries_total', labels: { result: '200' }, value: 1 },
        { name: 'deliveries_total', labels: { result: '500' }, value: 2 },
        { name: 'dead_letters_total', labels: {}, value: 1 },
      ]),
    )
    expect(seriesOf(all, 'count-apart-two')).toEqual([
      { name: 'deliveries_total', labels: { result: '200' }, value: 7 },
    ])
  })

  it('counts a list of series as it counts each of them', async () => {
    await known('count-lists')
    const list = [{ policy: 'route' }, { policy: 'scopes' }]
    const { count, countEach, sums } = isolate()
    countEach('count-lists', 'policy_verdicts_total', list)
    countEach('count-lists', 'policy_verdicts_total', list)
    count('count-lists', 'policy_verdicts_total', { policy: 'scopes' })
    expect(seriesOf(await sums(), 'count-lists')).toEqual([
      { name: 'policy_verdicts_total', labels: { policy: 'route' }, value: 2 },
      { name: 'policy_verdicts_total', labels: { policy: 'scopes' }, value: 3 },
    ])
  })

  it('keeps labels as they are, whatever stands in them', async () => {
    await known('count-labels')
    const labels = { source: 'a"b\\c\nd', result: '{"},[' }
    const { count, sums } = isolate()
    count('count-labels', 'deliveries_total', labels)
    expect(seriesOf(await sums(), 'count-labels')).toEqual([{ name: 'deliveries_total', labels, value: 1 }])
  })
})

describe('flushing', () => {
  const inMeter = async (app: string) => Object.values((await env.METER.getByName(app).read()).series)

  it('happens by itself after a while, without anybody asking', async () => {
    hurryTimersOf(5_000)
    const one = isolate()
    one.count('count-timer', 'deliveries_total')
    expect(await inMeter('count-timer')).toEqual([])
    expect(one.background).toHaveLength(1)
    await one.background[0]
    expect(await inMeter('count-timer')).toEqual([1])
  })

  it('happens at once after many counts of an app, and for that app alone', async () => {
    const one = isolate()
    one.count('count-few', 'deliveries_total')
    for (let n = 0; n < 600; n++) one.count('count-many', 'deliveries_total')
    await eventually(async () => expect(await inMeter('count-many')).toEqual([600]))
    expect(await inMeter('count-few')).toEqual([])
  })

  it('loses and doubles nothing while others count on', async () => {
    await known('count-on')
    const { count, sums } = isolate()
    for (let n = 0; n < 50; n++) {
      count('count-on', 'deliveries_total')
      if (n % 10 === 0) void sums()
    }
    await eventually(async () => expect(seriesOf(await sums(), 'count-on')).toMatchObject([{ value: 50 }]))
  })

  it('keeps for the next time what a meter did not take', async () => {
    await known('count-away')
    let isAway = true
    const meters = (env as unknown as Env).METER
    const add = () => Promise.reject(new Error('the meter is away'))
    const getByName = (name: string) => {
      const stub = meters.getByName(name)
      return isAway ? { add, read: () => stub.read() } : stub
    }
    const METER = { getByName } as Env['METER']
    const { count, sums } = isolate({ METER })
    count('count-away', 'deliveries_total', {}, 3)
    expect(seriesOf(await sums(), 'count-away')).toEqual([])
    isAway = false
    count('count-away', 'deliveries_total')
    expect(seriesOf(await sums(), 'count-away')).toMatchObject([{ value: 4 }])
  })
})

it('the age of the figures is that of the meter that has been silent longest', async () => {
  await known('count-age')
  const { count, sums } = isolate()
  moveTimeBy(0)
  count('count-age', 'deliveries_total')
  await sums()
  moveTimeBy(90_000)
  expect((await sums()).ageSeconds).toBeGreaterThanOrEqual(90)
})
