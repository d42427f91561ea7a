import { MaskingRule } from '#core/manifest/masking-schema.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { entityTypes } from './detectors/entity-types.ts'

const entities = entityTypes.filter(type => type !== 'CUSTOM')

/** By manifest and way: a plan is made of a rule once, and holds the app and the way. */
const known = new WeakMap<Manifest, Map<string, MaskingRule>>()

/**
 * The rule that holds on one way of an app that is not released yet: whatever is found becomes a token, and nobody
 * gets an original; what the manifest's own rule says of fields, patterns and headers stays.
 */
export function sandboxRule(manifest: Manifest, way: string, own: MaskingRule | undefined): MaskingRule {
  const rules = known.get(manifest) ?? new Map<string, MaskingRule>()
  known.set(manifest, rules)
  const made = rules.get(way)
  if (made) return made
  const { exemptScopes: _, ...rest } = own ?? MaskingRule.parse({ entities })
  const rule: MaskingRule = { ...rest, entities, action: 'tokenize' }
  rules.set(way, rule)
  return rule
}
