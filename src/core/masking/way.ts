import { contractOf, type Operation } from '#core/contract/contract.ts'
import { operationOf } from '#core/contract/operation-of.ts'
import type { MaskingRule } from '#core/manifest/masking-schema.ts'
import { isSandboxed } from '#core/manifest/stages.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Settings } from '#core/settings/settings.ts'
import { type MaskingPlan, planOf } from './plan.ts'
import { sandboxRule } from './sandbox-rule.ts'

/** The plan for what a request brings, if a rule of the manifest is about it, or the app's stage asks for one. */
export function requestPlan(exchange: Exchange, settings: Pick<Settings, 'sandbox'>): MaskingPlan | undefined {
  const entry = settled(exchange, 'entry')
  const { app, manifest } = entry
  const planFor = (own: MaskingRule | undefined, name: string, ...described: Described) =>
    plan(isSandboxed(manifest.spec, settings) ? sandboxRule(manifest, name, own) : own, app, name, ...described)
  switch (exchange.door) {
    case 'hooks': {
      const { name, source } = settled(exchange, 'webhook')
      return planFor(source.masking, `webhooks.${name}.masking`, () => [source.schema])
    }
    case 'apps':
      return planFor(
        manifest.spec.masking.request,
        'masking.request',
        () => requestSchemas(exchange),
        () => operationFor(exchange)?.fields,
      )
    case 'egress':
      return planFor(exchange.way?.rule.masking, `egress ${exchange.way?.rule.to ?? ''}`)
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

/** What the app's OpenAPI document says of a call. */
export function operationFor({ entry, api, method }: Exchange): Operation | undefined {
  const openapi = entry?.manifest.spec.api?.openapi
  return openapi && api && operationOf(contractOf(openapi), api.path, method)?.operation
}

/** What describes what passes: the schemas of its body, and its parameters. */
type Described = [schemas?: () => readonly (object | undefined)[], parameters?: () => Operation['fields'] | undefined]

function plan(
  rule: MaskingRule | undefined,
  app: string,
  name: string,
  ...[schemas, parameters]: Described
): MaskingPlan | undefined {
  if (!rule) return undefined
  const known = schemas?.().filter(schema => schema !== undefined) ?? []
  return planOf(rule, { app, rule: name, schemas: known, parameters: parameters?.() ?? [] })
}
