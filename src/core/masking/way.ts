import type { MaskingRule } from '#core/manifest/masking-schema.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { type MaskingPlan, planOf } from './plan.ts'

/** The plan for what a request brings, if a rule of the manifest is about it. */
export function requestPlan(exchange: Exchange): MaskingPlan | undefined {
  const { app, manifest } = settled(exchange, 'entry')
  switch (exchange.door) {
    case 'hooks': {
      const { name, source } = settled(exchange, 'webhook')
      return plan(source.masking, app, `webhooks.${name}.masking`, source.schema)
    }
    case 'apps':
      return plan(manifest.spec.masking.request, app, 'masking.request', exchange.api?.route.schema)
    case 'egress':
      return plan(exchange.way?.rule.masking, app, `egress ${exchange.way?.rule.to ?? ''}`)
    default:
      return undefined
  }
}

/** The plan for what an app answers its callers. */
export function answerPlan(exchange: Exchange): MaskingPlan | undefined {
  if (exchange.door !== 'apps') return undefined
  const { app, manifest } = settled(exchange, 'entry')
  const made = plan(manifest.spec.masking.response, app, 'masking.response', exchange.api?.route.responseSchema)
  return made && isExempt(made, exchange) ? undefined : made
}

/** Whether the caller may see originals: one of the rule's scopes is theirs. */
export function isExempt({ exemptScopes }: MaskingPlan, { principal }: Exchange): boolean {
  return exemptScopes.some(scope => principal?.scopes.includes(scope))
}

function plan(rule: MaskingRule | undefined, app: string, name: string, schema?: unknown): MaskingPlan | undefined {
  return rule && planOf(rule, { app, rule: name, ...(schema !== undefined && { schema }) })
}
