import { describe, expect, it } from 'vitest'
import { knownRules } from '#core/fleet/known.ts'
import { storedFleet } from '#core/fleet/stored.ts'
import { requestRule, ruleDocument } from '../../support/fleet.ts'
import { recordingPorts } from '../../support/ports.ts'

const named = (name: string) =>
  requestRule('known', "request.method != 'PUT'", { allows: {}, denies: { request: { method: 'PUT' } }, name })

/** The rules as one isolate knows them, and what storage holds. */
function stage(first: unknown) {
  let stored = first
  let reads = 0
  let isAway = false
  const under: Promise<unknown>[] = []
  const recorded = recordingPorts()
  const store = {
    async fleet() {
      reads += 1
      if (isAway) throw new Error('away')
      return stored
    },
  }
  const rules = knownRules(store, recorded.ports.clock, recorded.ports.log, work => under.push(work))
  return {
    rules,
    logged: recorded.logged,
    reads: () => reads,
    names: async () => (await rules.find()).rules.map(({ source }) => source.metadata.name),
    pass: (seconds: number) => recorded.pass(seconds * 1000),
    store(next: unknown) {
      stored = next
    },
    goAway(away: boolean) {
      isAway = away
    },
    background: () => Promise.all(under.splice(0)),
  }
}

describe('the rules that requests meet', () => {
  it('are those of the point `request`, from memory and without waiting once they are known', async () => {
    const known = stage(await storedFleet([named('one'), ruleDocument()]))
    expect(await known.names()).toEqual(['one'])
    for (let n = 0; n < 20; n++) expect(known.rules.find()).not.toBeInstanceOf(Promise)
    expect(known.reads()).toBe(1)
  })

  it('are refreshed in the background before they are 30 s old, and awaited when they are older or changed', async () => {
    const first = await storedFleet([named('one')])
    const known = stage(first)
    await known.names()
    const second = await storedFleet([named('two')], first)
    known.store(second)
    known.pass(21)
    expect(await known.names()).toEqual(['one'])
    await known.background()
    expect(await known.names()).toEqual(['two'])
    known.store(await storedFleet([], second))
    known.pass(31)
    expect(await known.names()).toEqual([])
    known.store(first)
    known.rules.renew()
    expect(await known.names()).toEqual(['one'])
  })

  it.each(['{', { schemaVersion: 2 }, 'away'])(
    'stay as they were while what is stored cannot be used: %o',
    async bad => {
      const known = stage(await storedFleet([named('one')]))
      await known.names()
      known.store(bad)
      known.goAway(bad === 'away')
      known.pass(31)
      expect(await known.names()).toEqual(['one'])
      expect(known.logged).toEqual(['error entry-invalid'])
    },
  )

  it('let nothing pass while none was ever known and what is stored cannot be used; it is asked again after 5 s', async () => {
    const good = await storedFleet([named('one')])
    const known = stage({ ...good, rules: [ruleDocument({ points: ['request'], validations: [] })] })
    for (let n = 0; n < 3; n++) await expect(known.names()).rejects.toMatchObject({ code: 'entry-invalid' })
    expect(known.reads()).toBe(1)
    known.store(good)
    known.pass(5)
    expect(await known.names()).toEqual(['one'])
  })

  it('are none where nothing is stored', async () => {
    expect(await stage(undefined).names()).toEqual([])
  })
})
