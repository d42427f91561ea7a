import { describe, expect, it } from 'vitest'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { nothing } from '#core/masking/detectors/finding.ts'

describe('detectorOf', () => {
  it('finds only the types asked for, at UTF-16 offsets', () => {
    const text = '😀 write to ann@example.com'
    expect(detectorOf(['EMAIL']).find(text)).toEqual([{ type: 'EMAIL', start: 12, end: 27 }])
    expect(detectorOf([]).find(text)).toBe(nothing)
  })

  it('gives every clean text the same empty list', () => {
    expect(detectorOf(entityTypes).find('nothing to see')).toBe(nothing)
  })
})
