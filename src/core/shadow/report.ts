import type { Manifest } from '#core/manifest/schema.ts'
import type { ShadowedSum } from './shadows.ts'

/** A setting that puts a policy, or one rule of the way out, into shadow mode. */
export interface ShadowSetting {
  readonly policy: string
  /** Where the mode stands, e.g. `spec.policies.schema.mode`. */
  readonly setting: string
  /** The rule of the way out that it is about. */
  readonly to?: string
  /** What would have been denied, dropped or answered because of it, the most frequent first. */
  readonly found: readonly Omit<ShadowedSum, 'policy'>[]
}

/** Everything that a manifest has in shadow mode, with what it let pass; also what let nothing pass. */
export function shadowReport({ spec }: Manifest, sums: readonly ShadowedSum[]): ShadowSetting[] {
  const of = (policy: string, isOf: (sum: ShadowedSum) => boolean = () => true) =>
    sums
      .filter(sum => sum.policy === policy && isOf(sum))
      .sort((one, other) => other.count - one.count)
      .map(({ policy: _, ...sum }) => sum)
  const isRule =
    (index: number) =>
    ({ field }: ShadowedSum) =>
      field === `spec.egress[${index}].to`
  const policies = Object.entries(spec.policies).filter(([, { mode }]) => mode === 'shadow')
  const rules = [...spec.egress.entries()].filter(([, { mode }]) => mode === 'shadow')
  const byRule = (sum: ShadowedSum) => rules.some(([index]) => isRule(index)(sum))
  return [
    ...policies.map(([policy]) => ({
      policy,
      setting: `spec.policies.${policy}.mode`,
      found: of(policy, sum => policy !== 'allowList' || !byRule(sum)),
    })),
    ...rules.map(([index, { to }]) => ({
      policy: 'allowList',
      setting: `spec.egress[${index}].mode`,
      to,
      found: of('allowList', isRule(index)),
    })),
  ]
}
