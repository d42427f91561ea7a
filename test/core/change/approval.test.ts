import { expect, it } from 'vitest'
import { approvalReasons } from '#core/change/approval.ts'
import { differences } from '#core/change/differences.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { documentOf } from '../../support/manifests.ts'

type Spec = Readonly<Record<string, unknown>>

function reasons(before: Spec | undefined, after: Spec): string[] {
  const [was, is] = [before && Manifest.parse(documentOf(before)), Manifest.parse(documentOf(after))]
  return approvalReasons(was, is, differences(was, is))
}

const stage = (name: string, spec: Spec = {}) => ({ lifecycle: { stage: name }, ...spec })
const egress = { egress: [{ to: 'https://a.example.com' }] }

it('a manifest waits that comes into production, from wherever', () => {
  for (const before of [undefined, stage('sandbox'), stage('validated'), stage('maintenance')])
    expect(reasons(before, stage('production'))).toEqual(['its stage becomes production'])
  for (const after of ['prototype', 'sandbox', 'validated']) expect(reasons(undefined, stage(after))).toEqual([])
})

it('one waits that widens what a serving app opens, and none that narrows it or loosens a limit', () => {
  for (const serving of ['production', 'maintenance', 'decommission'])
    expect(reasons(stage(serving), stage(serving, egress))).toEqual([
      'egress: the way to any method https://a.example.com',
    ])
  expect(reasons(stage('production'), stage('sandbox', egress))).toHaveLength(1)
  expect(reasons(stage('production', egress), stage('production'))).toEqual([])
  expect(reasons(stage('production', { limits: { concurrency: 1 } }), stage('production'))).toEqual([])
  expect(reasons(stage('sandbox'), stage('sandbox', egress))).toEqual([])
})
