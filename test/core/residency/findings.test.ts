import { describe, expect, it } from 'vitest'
import { documentOf, faultsOf, local, remedyAt } from '../../support/manifests.ts'

const upstream = (region?: string, name = 'stable') => ({
  name,
  ...(region && { region }),
  url: `https://${region ?? 'app'}.example.com`,
})
const both = [upstream('eu'), upstream('us')]
const by = { pointer: '/region' }

describe('a residency', () => {
  it('is accepted with an upstream in each region', () => {
    expect(faultsOf(documentOf({ residency: { regions: ['eu', 'us'], by }, upstreams: both }))).toEqual([])
  })

  it.each([
    [
      'an unknown region',
      { residency: { regions: ['mars'] }, upstreams: [upstream('mars')] },
      ['spec.residency.regions[0]: mars is not a region', 'spec.upstreams[0].region: mars is not a region'],
    ],
    [
      'a region with a hint only',
      { residency: { regions: ['far'] }, upstreams: [upstream('far')] },
      ['spec.residency.regions[0]: far is only a hint'],
    ],
    [
      'an upstream outside the regions',
      { residency: { regions: ['eu'] }, upstreams: both },
      ['spec.upstreams[1].region: us is outside residency.regions'],
    ],
    [
      'an upstream that does not say where it stands',
      { residency: { regions: ['eu'] }, upstreams: [upstream('eu'), upstream()] },
      ['spec.upstreams[1].region: is required under `residency`'],
    ],
    [
      'a region without an upstream',
      { residency: { regions: ['eu', 'us'], by }, upstreams: [upstream('eu')] },
      ['spec.upstreams: has none named stable in the region us'],
    ],
    [
      'two upstreams of one name in a region',
      { residency: { regions: ['eu'] }, upstreams: [upstream('eu'), upstream('eu')] },
      ['spec.upstreams[1]: is stable in eu again'],
    ],
    ['two upstreams without a residency', { upstreams: both }, ['spec.upstreams[1].name: is stable again']],
    [
      'a default outside the list',
      { residency: { regions: ['eu'], default: 'us' }, upstreams: [upstream('eu')] },
      ['spec.residency.default: is not one of `regions`'],
    ],
    [
      'several regions and nothing to choose by',
      { residency: { regions: ['eu', 'us'] }, upstreams: both },
      ['spec.residency.by: is required where there are several regions'],
    ],
    [
      'two ways to choose',
      { residency: { regions: ['eu', 'us'], by: { claim: 'r', geo: true } }, upstreams: both },
      ['spec.residency.by: must be exactly one of'],
    ],
    [
      'the region `any`',
      { residency: { regions: ['any'] }, upstreams: [upstream('eu')] },
      ['spec.residency.regions[0]: stands for no region'],
    ],
  ])('is refused with %s', (_, spec, expected) => {
    const faults = faultsOf(documentOf(spec))
    for (const one of expected) expect(faults).toContainEqual(expect.stringContaining(one))
    expect(faults).toHaveLength(expected.length)
  })

  it.each([{ claim: 'region' }, { header: 'x-region' }, { geo: true }])(
    'by %j needs a default for webhooks, which do not name their region that way',
    selector => {
      const document = (more: object) =>
        documentOf({ residency: { regions: ['eu'], by: selector, ...more }, upstreams: [upstream('eu')] })
      expect(faultsOf(document({}))).toEqual([expect.stringContaining('spec.residency.default: is required')])
      expect(remedyAt(document({}), 'spec.residency.default')).toContain('Add `default`')
      expect(faultsOf(document({ default: 'eu' }))).toEqual([])
    },
  )

  it('may use a region with a hint only on one machine', () => {
    expect(faultsOf(documentOf({ residency: { regions: ['far'] }, upstreams: [upstream('far')] }), local)).toEqual([])
  })
})
