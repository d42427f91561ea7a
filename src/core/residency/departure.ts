import type { EgressRule } from '#core/manifest/egress-schema.ts'
import type { Manifest } from '#core/manifest/schema.ts'

/**
 * Why an app may not send anything out by a rule, or `undefined` when it may: the rule's region lies outside the
 * app's residency, and the rule does not mask. A rule that names no region promises nothing, and is not held to it.
 * Publish checks the same; an entry that came past it, or a residency that has changed since, is caught here.
 */
export function departureRefusal(
  { residency, policies }: Manifest['spec'],
  { to, region, masking }: EgressRule,
): string | undefined {
  if (!residency || region === undefined || residency.regions.includes(region)) return undefined
  const isMasked = masking !== undefined && (policies.piiMasking?.mode ?? 'enforce') === 'enforce'
  return isMasked ? undefined : `the rule \`${to}\` leads to ${region}, outside residency.regions, and does not mask`
}
