import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Discovered } from '#core/identity/discovery.ts'
import type { PublicJwk } from '#core/identity/key-set.ts'
import { KeySets } from '#core/identity/key-sets.ts'
import { recordingPorts } from '../../support/ports.ts'
import { hurryTimersOf } from '../../support/time.ts'

const source = { issuer: 'https://idp.example.com' }
const minuteMs = 60_000
const hourMs = 60 * minuteMs

async function jwkOf(kid: string): Promise<PublicJwk> {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(publicKey)), kid } as PublicJwk
}
const [one, two, three] = await Promise.all(['one', 'two', 'three'].map(jwkOf))

/** An issuer, the store that isolates share, a clock, and as many isolates as are wanted. */
function stage() {
  const { ports, counted, logged, pass } = recordingPorts()
  const store = new Map<string, unknown>()
  const background: Promise<unknown>[] = []
  const issuer = {
    keys: [one] as (PublicJwk | undefined)[],
    maxAgeSeconds: undefined as number | undefined,
    asked: 0,
    trouble: undefined as (() => Promise<never>) | undefined,
  }
  const discover = async (): Promise<Discovered> => {
    issuer.asked++
    await issuer.trouble?.()
    await new Promise(resolve => setTimeout(resolve, 5))
    return { keys: issuer.keys.flatMap(key => key ?? []), maxAgeSeconds: issuer.maxAgeSeconds }
  }
  const isolate = () => {
    const keySets = new KeySets({
      discover,
      store: {
        get: async ({ issuer }) => structuredClone(store.get(issuer)),
        put: async ({ issuer }, value) => void store.set(issuer, structuredClone(value)),
      },
      ...{ clock: ports.clock, log: ports.log, counters: ports.counters, background: work => background.push(work) },
    })
    return {
      keySets,
      kindOf: async (kid: string | undefined) => (await keySets.find(source, kid, 'ES256')).kind,
      key: async (kid: string) => {
        const found = await keySets.find(source, kid, 'ES256')
        if (found.kind !== 'key') throw new Error(`no key ${kid}: ${found.kind}`)
        return found.key
      },
    }
  }
  return { issuer, store, isolate, pass, counted, logged, settled: () => Promise.all(background.splice(0)) }
}

const away = async () => {
  throw new Error('refused')
}
const silent = () => new Promise<never>(() => {})
const many = <Result>(count: number, make: (n: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)))

describe('the keys of an issuer', () => {
  it('are asked for once, by however many requests at once', async () => {
    const { issuer, isolate } = stage()
    const { kindOf } = isolate()
    expect(new Set(await many(64, () => kindOf('one')))).toEqual(new Set(['key']))
    expect(issuer.asked).toBe(1)
  })

  it('are taken from what another isolate has got', async () => {
    const { issuer, isolate, settled } = stage()
    await isolate().kindOf('one')
    await settled()
    expect(await isolate().kindOf('one')).toBe('key')
    expect(issuer.asked).toBe(1)
  })

  it('are used for 5 minutes, and then asked for again while they still serve', async () => {
    const { issuer, isolate, pass, settled } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    pass(5 * minuteMs - 1)
    await kindOf('one')
    expect(issuer.asked).toBe(1)
    pass(1)
    expect(await many(8, () => kindOf('one'))).toEqual(Array(8).fill('key'))
    await settled()
    expect(issuer.asked).toBe(2)
  })

  it.each([
    [1, 1],
    [120, 2],
    [86_400, 10],
  ])('with a max-age of %i s are used for %i min', async (maxAgeSeconds, minutes) => {
    const { issuer, isolate, pass, settled } = stage()
    issuer.maxAgeSeconds = maxAgeSeconds
    const { kindOf } = isolate()
    await kindOf('one')
    pass(minutes * minuteMs - 1)
    await kindOf('one')
    await settled()
    expect(issuer.asked).toBe(1)
    pass(1)
    await kindOf('one')
    await settled()
    expect(issuer.asked).toBe(2)
  })

  it('are waited for once they are 20 minutes old, so that a withdrawn key does not serve a quiet isolate', async () => {
    const { issuer, isolate, pass } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    issuer.keys = [two]
    pass(20 * minuteMs)
    expect(await kindOf('one')).toBe('unknown')
    expect(await kindOf('two')).toBe('key')
  })

  it('need no name where there is only one that fits', async () => {
    const { issuer, isolate, pass } = stage()
    const { kindOf } = isolate()
    expect(await kindOf(undefined)).toBe('key')
    issuer.keys = [one, two]
    pass(20 * minuteMs)
    expect(await kindOf(undefined)).toBe('unknown')
  })
})

describe('a change of keys', () => {
  it('refuses nobody, and has the issuer asked once', async () => {
    const { issuer, isolate } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    issuer.keys = [two, one]
    expect(new Set(await many(64, n => kindOf(n % 2 ? 'one' : 'two')))).toEqual(new Set(['key']))
    expect(issuer.asked).toBe(2)
  })

  it('leaves a key that stays what it was, and one that goes is held no more', async () => {
    const { issuer, isolate } = stage()
    const { keySets, key } = isolate()
    const first = await key('one')
    issuer.keys = [two, one]
    const second = await key('two')
    expect(await key('one')).toBe(first)
    expect(keySets.holds(source, first)).toBe(true)
    issuer.keys = [three, two]
    await key('three')
    expect([keySets.holds(source, first), keySets.holds(source, second)]).toEqual([false, true])
  })

  it('under one name replaces the key', async () => {
    const { issuer, isolate, pass } = stage()
    const { keySets, key } = isolate()
    const first = await key('one')
    issuer.keys = [{ ...two, kid: 'one' } as PublicJwk]
    pass(20 * minuteMs)
    expect(await key('one')).not.toBe(first)
    expect(keySets.holds(source, first)).toBe(false)
  })
})

describe('an issuer that is away', () => {
  it('for an hour refuses nobody who has a good key, is left alone between tries, and lets nobody in who has none', async () => {
    const { issuer, isolate, pass, settled } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    issuer.trouble = away
    for (let passedMs = 0; passedMs < hourMs; passedMs += 5_000) {
      pass(5_000)
      expect([await kindOf('one'), await kindOf('two')]).toEqual(['key', 'unknown'])
      await settled()
    }
    expect(issuer.asked).toBeLessThanOrEqual(1 + 3_600 / 30 + 1)
    issuer.trouble = undefined
    issuer.keys = [two]
    pass(30_000)
    expect(await kindOf('two')).toBe('key')
  })

  it('for a day is a day too long', async () => {
    const { issuer, isolate, pass, settled } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    await settled()
    issuer.trouble = away
    pass(24 * hourMs - 1)
    expect(await kindOf('one')).toBe('key')
    pass(1)
    expect([await kindOf('one'), await isolate().kindOf('one')]).toEqual(['unreachable', 'unreachable'])
  })

  it('serves an isolate that begins meanwhile from the store', async () => {
    const { issuer, isolate, pass, settled } = stage()
    await isolate().kindOf('one')
    await settled()
    issuer.trouble = away
    pass(hourMs)
    expect(await isolate().kindOf('one')).toBe('key')
  })

  it('before any key is known is asked again after 3 s', async () => {
    const { issuer, isolate, pass, logged } = stage()
    const { kindOf } = isolate()
    issuer.trouble = away
    expect(await many(8, () => kindOf('one'))).toEqual(Array(8).fill('unreachable'))
    expect(issuer.asked).toBe(1)
    expect(logged).toEqual(['warn key-set-unreachable'])
    issuer.trouble = undefined
    pass(2_999)
    expect(await kindOf('one')).toBe('unreachable')
    pass(1)
    expect(await kindOf('one')).toBe('key')
  })

  it('and does not even answer makes nobody wait who has a good key', async () => {
    const { issuer, isolate, pass } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    issuer.trouble = silent
    pass(6 * minuteMs)
    expect(await many(8, () => kindOf('one'))).toEqual(Array(8).fill('key'))
    hurryTimersOf(2_000)
    pass(hourMs)
    expect(await many(8, () => kindOf('one'))).toEqual(Array(8).fill('key'))
  })

  it('is asked by the next request when the one that asked never came back', async () => {
    const { issuer, isolate } = stage()
    const { kindOf } = isolate()
    issuer.trouble = silent
    void kindOf('one')
    await Promise.resolve()
    hurryTimersOf(20)
    expect(await kindOf('one')).toBe('unreachable')
    issuer.trouble = undefined
    expect(await kindOf('one')).toBe('key')
  })
})

describe('names of keys that nobody has', () => {
  it('have the issuer asked 5 times at once, and then once in 10 s', async () => {
    const { issuer, isolate, pass } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    for (let n = 0; n < 100; n++) expect(await kindOf(`made-up-${n}`)).toBe('unknown')
    expect(issuer.asked).toBe(1 + 5)
    pass(10_000)
    for (let n = 100; n < 200; n++) await kindOf(`made-up-${n}`)
    expect(issuer.asked).toBe(1 + 5 + 1)
  })

  it('are not looked for twice', async () => {
    const { issuer, isolate } = stage()
    const { kindOf } = isolate()
    await kindOf('one')
    for (let n = 0; n < 10; n++) await kindOf('made-up')
    expect(issuer.asked).toBe(2)
  })
})

it('the asking is counted by issuer and result', async () => {
  const { issuer, isolate, pass, counted } = stage()
  const { kindOf } = isolate()
  await kindOf('one')
  issuer.trouble = away
  pass(20 * minuteMs)
  await kindOf('one')
  expect(counted).toEqual(
    ['fetched', 'failed'].map(result => `- key_set_fetches_total {"issuer":"${source.issuer}","result":"${result}"} 1`),
  )
})
