import { describe, expect, it } from 'vitest'
import { documentOf } from '../../support/manifests.ts'
import { registryStage } from '../../support/registry.ts'
import { hurryTimersOf } from '../../support/time.ts'

describe('a remembered entry', () => {
  it('is read once and then served from memory for 20 s', async () => {
    const on = registryStage()
    await on.publish(1)
    expect(await on.capOf()).toBe(1)
    expect(on.news()).toEqual(['pointer shop', 'revision shop'])
    await on.publish(2)
    on.pass(19.9)
    expect(await on.capOf()).toBe(1)
    expect(on.news()).toEqual([])
    expect(on.backgroundCount()).toBe(0)
  })

  it('is served at once and refreshed in the background between 20 and 30 s, by one request only', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    await on.publish(2)
    on.pass(20)
    expect(await Promise.all([on.capOf(), on.capOf(), on.capOf()])).toEqual([1, 1, 1])
    expect(on.backgroundCount()).toBe(1)
    await on.background()
    expect(await on.capOf()).toBe(2)
  })

  it('is refreshed again after an earlier refresh has ended', async () => {
    const on = registryStage()
    await on.publish(1)
    for (const cap of [2, 3]) {
      await on.capOf()
      await on.publish(cap)
      on.pass(25)
      await on.capOf()
      await on.background()
      expect(await on.capOf()).toBe(cap)
    }
  })

  it('is waited for once it is 30 s old', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    await on.publish(2)
    on.pass(30)
    expect(await on.capOf()).toBe(2)
    expect(on.backgroundCount()).toBe(0)
  })

  it('is not trusted when the clock has gone back', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    await on.publish(2)
    on.pass(-3600)
    expect(await on.capOf()).toBe(2)
  })

  it('keeps its revision while the digest stays, and takes new dates from the pointer', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    on.news()
    on.pointers.set('shop', { ...(on.pointers.get('shop') as object), expiresAt: '2030-01-01T00:00:00.000Z' })
    on.pass(31)
    const lookup = await on.registry.find('shop')
    expect(lookup.kind === 'found' && lookup.entry.expiresAt).toEqual(new Date('2030-01-01'))
    expect(on.news()).toEqual(['pointer shop'])
  })
})

describe('the last good entry stays', () => {
  const damages: [string, (on: ReturnType<typeof registryStage>) => void][] = [
    ['the store throws', on => on.breakBy(new Error('away'))],
    ['the pointer is malformed', on => on.pointers.set('shop', { digest: 'x' })],
    ['the pointer is no JSON', on => on.pointers.set('shop', null)],
    [
      'the revision is missing',
      on => on.pointers.set('shop', { ...(on.pointers.get('shop') as object), digest: `sha256:${'0'.repeat(64)}` }),
    ],
  ]

  it.each(damages)('when %s, which is logged', async (_, damage) => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    damage(on)
    on.pass(31)
    expect(await on.capOf()).toBe(1)
    expect(on.logged).toEqual(['error entry-invalid last good entry'])
  })

  it('when the new revision was tampered with', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    await on.publish(2)
    for (const [key, revision] of on.revisions)
      on.revisions.set(key, { ...(revision as object), manifest: documentOf() })
    on.pass(31)
    expect(await on.capOf()).toBe(1)
  })

  it.each(damages)('and with none in memory the app is invalid, not unknown, when %s', async (_, damage) => {
    const on = registryStage()
    await on.publish(1)
    damage(on)
    expect(await on.capOf()).toBe('invalid')
    expect(on.logged).toEqual(['error entry-invalid nothing'])
  })

  it('without asking a store that failed again before 20 s have passed', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    on.breakBy(new Error('away'))
    on.pass(31)
    await on.capOf()
    on.news()
    on.pass(19)
    expect(await on.capOf()).toBe(1)
    expect(on.news()).toEqual([])
  })

  it('until the store is mended', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    on.breakBy(new Error('away'))
    on.pass(31)
    await on.capOf()
    await on.publish(2)
    on.breakBy(undefined)
    on.pass(31)
    expect(await on.capOf()).toBe(2)
  })

  describe('when the store does not answer', () => {
    it('within 2 s', async () => {
      hurryTimersOf(2_000)
      const on = registryStage()
      await on.publish(1)
      await on.capOf()
      on.breakBy('hangs')
      on.pass(31)
      expect(await on.capOf()).toBe(1)
    })
  })
})

describe('an unknown app', () => {
  it('is remembered as unknown for 5 s, and then looked up again', async () => {
    const on = registryStage()
    expect(await on.capOf()).toBe('unknown')
    await on.publish(1)
    on.pass(4.9)
    expect(await on.capOf()).toBe('unknown')
    expect(on.news()).toEqual(['pointer shop'])
    on.pass(0.1)
    expect(await on.capOf()).toBe(1)
  })

  it('is what an app becomes that has vanished', async () => {
    const on = registryStage()
    await on.publish(1)
    await on.capOf()
    on.pointers.delete('shop')
    on.pass(31)
    expect(await on.capOf()).toBe('unknown')
    expect(on.logged).toEqual([])
  })

  it('is not one that shares nothing but a prefix with a known one', async () => {
    const on = registryStage()
    await on.publish(1)
    expect(await on.capOf('shop-two')).toBe('unknown')
    expect(await on.capOf()).toBe(1)
  })

  it.each(['', 'Shop', '../shop', 'shop/x', '-', 'a'.repeat(64), '__proto__', 'shop~0', 'shöp'])(
    'is any name that no app can have, without a look at the store: %j',
    async name => {
      const on = registryStage()
      expect(await on.capOf(name)).toBe('unknown')
      expect(on.reads).toEqual([])
    },
  )
})

describe('an entry that cannot be used, with none before it', () => {
  it('is remembered as such for 5 s, so that its callers do not each read the store', async () => {
    const on = registryStage()
    on.pointers.set('shop', 'garbage')
    expect((await on.registry.find('shop')).kind).toBe('invalid')
    on.news()
    on.pass(4.9)
    expect((await on.registry.find('shop')).kind).toBe('invalid')
    expect(on.news()).toEqual([])
    await on.publish(1)
    on.pass(0.1)
    expect(await on.capOf()).toBe(1)
  })
})
