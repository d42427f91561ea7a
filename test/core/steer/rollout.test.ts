import { describe, expect, it } from 'vitest'
import { Rollout } from '#core/manifest/rollout-schema.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { chosen, placeOf } from '#core/steer/rollout.ts'
import { exchangeOf } from '../../support/ports.ts'

const canaryOf = (fields: Readonly<Record<string, unknown>>) => Rollout.parse({ canary: fields }).canary
const caller = (subject: string, claims: Readonly<Record<string, unknown>> = {}): Partial<Exchange> => ({
  principal: { issuer: 'https://idp.example', subject, scopes: [], claims },
})
const releaseOf = (fields: Readonly<Record<string, unknown>>, change: Partial<Exchange> = {}, app = 'shop') =>
  chosen(canaryOf(fields), app, exchangeOf(change)).name

describe('a caller', () => {
  it('stays with one release, and a larger share keeps those that a smaller one had', () => {
    const among = (percent: number) =>
      Array.from({ length: 500 }, (_, n) => `user-${n}`).filter(one => releaseOf({ percent }, caller(one)) === 'canary')
    const [five, twenty] = [among(5), among(20)]
    expect(among(5)).toEqual(five)
    expect(five.filter(one => !twenty.includes(one))).toEqual([])
    expect(among(0)).toEqual([])
    expect(among(100)).toHaveLength(500)
  })

  it('falls anywhere alike, and not in the same place for every app', () => {
    const places = Array.from({ length: 20_000 }, (_, n) => placeOf(`shop\n10.0.${n >> 8}.${n & 255}`))
    for (let from = 0; from < 100; from += 10) {
      const share = places.filter(place => place >= from && place < from + 10).length / places.length
      expect(share).toBeGreaterThan(0.09)
      expect(share).toBeLessThan(0.11)
    }
    const both = Array.from({ length: 1_000 }, (_, n) => caller(`user-${n}`)).filter(
      one => releaseOf({ percent: 20 }, one) === 'canary' && releaseOf({ percent: 20 }, one, 'other') === 'canary',
    )
    expect(both.length).toBeLessThan(80)
  })

  it('is known by the first of `by` that the request has', () => {
    const by = ['sub', { claim: 'org' }, { header: 'x-device' }, 'ip']
    const all = { ...caller('a', { org: 'acme' }), headers: new Headers({ 'x-device': '1' }), address: '192.0.2.1' }
    const { principal: _, ...anonymous } = all
    const apart = (change: Partial<Exchange>, other: Partial<Exchange>) =>
      Array.from({ length: 60 }, (_, n) => n + 1).some(
        percent => releaseOf({ percent, by }, change) !== releaseOf({ percent, by }, other),
      )
    expect(apart(all, { ...all, headers: new Headers(), address: '192.0.2.9' })).toBe(false)
    expect(apart(anonymous, { ...anonymous, address: '192.0.2.9' })).toBe(false)
    expect(apart(all, { ...all, ...caller('b') })).toBe(true)
    expect(apart(anonymous, { ...anonymous, headers: new Headers({ 'x-device': '2' }) })).toBe(true)
  })

  it('that nothing is known of gets stable, unless the canary is for all', () => {
    expect(releaseOf({ percent: 99 })).toBe('stable')
    expect(releaseOf({ percent: 100 })).toBe('canary')
  })

  it('of the audience gets the canary, whatever the share', () => {
    const audience = { claim: 'groups', values: ['beta'] }
    expect(releaseOf({ audience }, caller('a', { groups: ['staff', 'beta'] }))).toBe('canary')
    expect(releaseOf({ audience }, caller('a', { groups: 'beta' }))).toBe('canary')
    expect(releaseOf({ audience }, caller('a', { groups: ['betas'] }))).toBe('stable')
    expect(releaseOf({ audience }, caller('a'))).toBe('stable')
  })

  it('who tests chooses by the header, whatever else holds', () => {
    const wish = (value: string) => ({ headers: new Headers({ 'x-release': value }) })
    const fields = { percent: 0, header: 'X-Release' }
    expect(['canary', ' Canary ', 'stable', '1', ''].map(value => releaseOf(fields, wish(value)))).toEqual([
      'canary',
      'canary',
      'stable',
      'stable',
      'stable',
    ])
    expect(releaseOf({ ...fields, percent: 100 }, wish('stable'))).toBe('stable')
    expect(releaseOf({ percent: 0 }, wish('canary'))).toBe('stable')
  })
})
