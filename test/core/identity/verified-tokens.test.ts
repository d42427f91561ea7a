import { describe, expect, it } from 'vitest'
import { VerifiedTokens } from '#core/identity/verified-tokens.ts'

const token = `${'a'.repeat(100)}.b.c`

describe('a token that was verified', () => {
  it('is remembered for 60 s, or for as long as it is said, and never beyond its end', () => {
    const verified = new VerifiedTokens<number>()
    verified.set('long', 1, 1_000, 3_600_000)
    verified.set('short', 2, 1_000, 3_600_000, 30)
    verified.set('ending', 3, 1_000, 6_000)
    verified.set('over', 4, 1_000, 1_000)
    const at = (nowMs: number) => ['long', 'short', 'ending', 'over'].map(name => verified.get(name, nowMs))
    expect(at(5_999)).toEqual([1, 2, 3, undefined])
    expect(at(6_000)).toEqual([1, 2, undefined, undefined])
    expect(at(31_000)).toEqual([1, undefined, undefined, undefined])
    expect(at(60_999)).toEqual([1, undefined, undefined, undefined])
    expect(at(61_000)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('is nothing to what it was not verified for', async () => {
    const verified = new VerifiedTokens<number>()
    const names = await Promise.all(
      ['shop 1', 'shop 2', 'desk 1', `shop 1\n${token}`].map(what => verified.nameOf(token, what)),
    )
    expect(new Set(names).size).toBe(4)
    expect(await verified.nameOf(token, 'shop 1'), 'the same when it is asked again').toBe(names[0])
    expect(names[0]).toHaveLength(32)
  })

  it('has one name, however long it is', async () => {
    const verified = new VerifiedTokens<number>()
    const long = 'x'.repeat(16_000)
    expect(await verified.nameOf(long, 'shop')).toBe(await verified.nameOf(long, 'shop'))
    expect(await verified.nameOf(`${long}y`, 'shop')).not.toBe(await verified.nameOf(long, 'shop'))
  })

  it('is forgotten when 10,000 others came after it', () => {
    const verified = new VerifiedTokens<number>()
    for (let n = 0; n <= 10_000; n++) verified.set(String(n), n, 0, 60_000)
    expect([verified.get('0', 0), verified.get('1', 0), verified.get('10000', 0)]).toEqual([undefined, 1, 10_000])
  })
})
