import type { Manifest } from '#core/manifest/schema.ts'
import type { Area, Difference } from './difference.ts'

/** What a production app may not widen without a second person. */
const guarded: readonly Area[] = ['entry', 'egress', 'masking', 'residency']

/** Stages in which an app serves those it serves in production. */
const serving = ['production', 'maintenance', 'decommission']

/** Why a manifest waits for an approver, in words; none where it does not. */
export function approvalReasons(
  before: Manifest | undefined,
  after: Manifest,
  differences: readonly Difference[],
): string[] {
  const stage = before?.spec.lifecycle.stage
  const enters = after.spec.lifecycle.stage === 'production' && stage !== 'production'
  const isServing = stage !== undefined && serving.includes(stage)
  const wider = differences.filter(({ area, effect }) => effect === 'widens' && guarded.includes(area))
  return [
    ...(enters ? ['its stage becomes production'] : []),
    ...(isServing ? wider.map(({ area, what }) => `${area}: ${what}`) : []),
  ]
}
