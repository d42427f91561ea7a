import { contractOf, type Operation } from '#core/contract/contract.ts'
import { operationOf } from '#core/contract/operation-of.ts'
import type { MaskingRule } from '#core/manifest/masking-schema.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { type MaskingPlan, planOf } from './plan.ts'

/** The plan for what a request brings, if a rule of the manifest is about it. */
export function requestPlan(exchange: Exchange): MaskingPlan | undefined {
  const { app, manifest } = settled(exchange, 'entry')
  switch (exchange.door) {
    case 'hooks': {
      const { name, source } = settled(exchange, 'webhook')
      return plan(source.masking, app, `webhooks.${name}.masking`, () => [source.schema])
    }
    case 'apps':
      return plan(manifest.spec.masking.request, app, 'masking.request', () => requestSchemas(exchange))
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
  const made = plan(manifest.spec.masking.response, app, 'masking.response', () => answerSchemas(exchange))
  return made && isExempt(made, exchange) ? undefined : made
}

/** Whether the caller may see originals: one of the rule's scopes is theirs. */
export function isExempt({ exemptScopes }: MaskingPlan, { principal }: Exchange): boolean {
  return exemptScopes.some(scope => principal?.scopes.includes(scope))
}

/** What describes the body of a call: the route, and the operation of the app's OpenAPI document, of any media type. */
function requestSchemas(exchange: Exchange): (object | undefined)[] {
  return [exchange.api?.route.schema, ...(operationFor(exchange)?.body?.contents.values() ?? [])]
}

/** What describes an answer, whatever its status: the status is known only once it comes. */
function answerSchemas(exchange: Exchange): (object | undefined)[] {
  const answers = [...(operationFor(exchange)?.answers.values() ?? [])]
  return [exchange.api?.route.responseSchema, ...answers.flatMap(contents => [...contents.values()])]
}

function operationFor({ entry, api, method }: Exchange): Operation | undefined {
  const openapi = entry?.manifest.spec.api?.openapi
  return openapi && api && operationOf(contractOf(openapi), api.path, method)?.operation
}

function plan(
  rule: MaskingRule | undefined,
  app: string,
  name: string,
  schemas: () => readonly (object | undefined)[] = () => [],
): MaskingPlan | undefined {
  return rule && planOf(rule, { app, rule: name, schemas: schemas().filter(schema => schema !== undefined) })
}
