import { describe, expect, it } from 'vitest'
import { type RegionEvidence, regionOf } from '#core/residency/region-of.ts'
import type { Regions } from '#core/residency/regions.ts'

const place = { bucket: 'B', deadLetters: 'D', spill: 'S' }
const known: Regions = new Map([
  ['eu', { jurisdiction: 'eu', ...place, countries: ['GB'], continents: ['EU'] }],
  ['us', { jurisdiction: 'us', ...place, countries: [], continents: ['NA'] }],
])
const regions = ['eu', 'us']
const body = (document: unknown): RegionEvidence => ({ document: () => document })

/** The region, or `denied`. */
function region(residency: Parameters<typeof regionOf>[0], evidence: RegionEvidence = {}): string {
  const decision = regionOf(residency, evidence, known)
  return decision.kind === 'settled' ? decision.region : 'denied'
}

describe('the region of a request', () => {
  it('is `any` where no residency binds the app', () => {
    expect(region(undefined, body({ region: 'eu' }))).toBe('any')
  })

  it.each([
    ['pointer', { pointer: '/data/region' }, body({ data: { region: 'us' } })],
    ['claim', { claim: 'https://example.com/region' }, { claims: { 'https://example.com/region': 'us' } }],
    ['header', { header: 'x-region' }, { headers: new Headers({ 'X-Region': 'us' }) }],
    ['geo', { geo: true as const }, { origin: () => ({ country: 'CA', continent: 'NA' }) }],
  ])('is what the %s names', (_, by, evidence: RegionEvidence) => {
    expect(region({ regions, by, default: 'eu' }, evidence)).toBe('us')
    expect(region({ regions, by })).toBe('denied')
    expect(region({ regions, by, default: 'eu' })).toBe('eu')
  })

  it.each([
    ['pointer', { pointer: '/region' }, body({ region: 'us' })],
    ['pointer to no text', { pointer: '/region' }, body({ region: 7 })],
    ['empty pointer', { pointer: '/region' }, body({ region: '' })],
    ['claim', { claim: 'region' }, { claims: { region: ['eu'] } }],
    ['header', { header: 'x-region' }, { headers: new Headers({ 'x-region': 'EU' }) }],
    [
      'doubled header',
      { header: 'x-region' },
      {
        headers: new Headers([
          ['x-region', 'eu'],
          ['x-region', 'eu'],
        ]),
      },
    ],
    ['geo', { geo: true as const }, { origin: () => ({ country: 'US', continent: 'NA' }) }],
  ])('is denied outside the list, whatever the default: by %s', (_, by, evidence: RegionEvidence) => {
    expect(region({ regions: ['eu'], by, default: 'eu' }, evidence)).toBe('denied')
  })

  it('is the default where the body is no JSON, names null, or comes from a country of no region', () => {
    expect(region({ regions, by: { pointer: '/region' }, default: 'eu' }, body(undefined))).toBe('eu')
    expect(region({ regions, by: { pointer: '/region' }, default: 'eu' }, body({ region: null }))).toBe('eu')
    const origin = () => ({ country: 'JP', continent: 'AS' })
    expect(region({ regions, by: { geo: true }, default: 'us' }, { origin })).toBe('us')
  })

  it('follows the country before its continent', () => {
    const swiss: Regions = new Map([...known, ['ch', { hint: 'weur', ...place, countries: ['CH'], continents: [] }]])
    const origin = () => ({ country: 'CH', continent: 'EU' })
    expect(regionOf({ regions: ['eu', 'ch'], by: { geo: true } }, { origin }, swiss)).toEqual({
      kind: 'settled',
      region: 'ch',
    })
  })

  it('is the only one of the list where nothing else is asked', () => {
    expect(region({ regions: ['us'] })).toBe('us')
    expect(region({ regions: ['us'], by: { pointer: '/region' } }, body({}))).toBe('denied')
  })

  it('never follows a name into a prototype', () => {
    expect(region({ regions, by: { claim: 'constructor' }, default: 'eu' }, { claims: {} })).toBe('eu')
    expect(region({ regions, by: { pointer: '/__proto__' }, default: 'eu' }, body({}))).toBe('eu')
  })
})
