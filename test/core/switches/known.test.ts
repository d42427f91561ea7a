import { describe, expect, it } from 'vitest'
import { knownSwitches, type SwitchSource } from '#core/switches/known.ts'
import type { News, Standing } from '#core/switches/standing.ts'
import { recordingPorts } from '../../support/ports.ts'

/** A switchboard that the test sets by hand, and one isolate that asks it. */
function stage() {
  const standings = new Map<string, { standing: Standing; version: number }>()
  const asked: number[] = []
  const changed: string[] = []
  const under: Promise<unknown>[] = []
  let version = 1
  let away: 'board' | 'both' | undefined
  const source: SwitchSource = {
    async news(since): Promise<News> {
      asked.push(since)
      if (away) throw new Error('away')
      const rows = [...standings].map(([app, row]) => ({ app, ...row, edition: row.version }))
      const isWhole = since === 0
      const told = rows.filter(row => (isWhole ? row.standing !== 'open' : row.version > since))
      return { version, changed: told, isWhole, isPartial: false }
    },
    async lasting() {
      if (away === 'both') throw new Error('away')
      return [...standings].map(([app, { standing }]) => ({ app, standing }))
    },
  }
  const recorded = recordingPorts()
  const switches = knownSwitches(
    source,
    app => changed.push(app),
    recorded.ports,
    work => under.push(work),
  )
  return {
    switches,
    asked,
    changed,
    counted: recorded.counted,
    pass: (seconds: number) => recorded.pass(seconds * 1000),
    turn(app: string, standing: Standing) {
      version += 1
      standings.set(app, { standing, version })
    },
    breakBy(how: typeof away) {
      away = how
    },
    background: () => Promise.all(under.splice(0)),
  }
}

describe('an isolate knows the switches', () => {
  it('by asking before its first request, and then at most every 2 s in the background', async () => {
    const { switches, asked, pass, background, turn } = stage()
    turn('shop', 'killed')
    expect(await switches.find('shop')).toBe('killed')
    for (let n = 0; n < 50; n++) expect(await switches.find('bistro')).toBe('open')
    expect(asked).toEqual([0])
    pass(2)
    turn('bistro', 'quarantined')
    expect(await switches.find('bistro')).toBe('open')
    await background()
    expect(await switches.find('bistro')).toBe('quarantined')
    expect(asked).toEqual([0, 2])
  })

  it('first, when what it knows is 5 s old, so that nothing older than that decides', async () => {
    const { switches, pass, turn } = stage()
    await switches.find('shop')
    turn('shop', 'killed')
    pass(5)
    expect(await switches.find('shop')).toBe('killed')
    turn('shop', 'open')
    pass(5)
    expect(await switches.find('shop')).toBe('open')
  })

  it('once for all requests that wait at the same time', async () => {
    const { switches, asked } = stage()
    const all = await Promise.all(Array.from({ length: 20 }, () => switches.find('shop')))
    expect(new Set(all)).toEqual(new Set(['open']))
    expect(asked).toEqual([0])
  })

  it('and says which apps changed, not those that it hears of for the first time', async () => {
    const { switches, changed, pass, turn } = stage()
    turn('shop', 'killed')
    await switches.find('shop')
    expect(changed).toEqual([])
    turn('bistro', 'open')
    pass(5)
    await switches.find('shop')
    expect(changed).toEqual(['bistro'])
  })

  it('from the last answer while the switchboard is away, which is counted and does not hold each request up', async () => {
    const { switches, asked, pass, turn, breakBy, counted } = stage()
    turn('shop', 'killed')
    await switches.find('shop')
    breakBy('board')
    pass(60)
    for (let n = 0; n < 10; n++) expect(await switches.find('shop')).toBe('killed')
    expect(asked).toEqual([0, 2])
    expect(counted).toEqual(['- switchboard_away_total {} 1'])
  })

  it('from its copy in KV when it never had an answer, and lets nothing pass when that is away too', async () => {
    const { switches, turn, breakBy } = stage()
    turn('shop', 'killed')
    breakBy('board')
    expect(await switches.find('shop')).toBe('killed')
    expect(await switches.find('bistro')).toBe('open')

    const other = stage()
    other.breakBy('both')
    await expect(other.switches.find('shop')).rejects.toMatchObject({ code: 'overloaded' })
  })

  it('also when the clock is set back', async () => {
    const { switches, pass, turn } = stage()
    await switches.find('shop')
    turn('shop', 'killed')
    pass(-3600)
    expect(await switches.find('shop')).toBe('killed')
  })
})
