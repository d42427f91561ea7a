import { contractOf, type Field } from '#core/contract/contract.ts'
import { operationOf } from '#core/contract/operation-of.ts'
import type { MaskingRule } from '#core/manifest/masking-schema.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import type { Action } from './action.ts'
import type { AppKeys } from './app-keys.ts'
import { planOf } from './plan.ts'
import { type Draft, type PreviewFinding, preview, previewPlan } from './preview.ts'

/** One way that data takes through the gateway, and what rules over it there. */
export interface Destination {
  /** Where its rule stands, or would stand, in the manifest: `webhooks.stripe.masking`. */
  readonly place: string
  /** A source, a route, the `to` of a rule of the way out. */
  readonly to: string
  readonly rule: MaskingRule | undefined
  readonly schemas: readonly object[]
}

/** A value in a document, and what becomes of it on one way; `passes` where it goes as it is. */
export interface Outcome extends Omit<PreviewFinding, 'action'> {
  readonly action: Action | 'passes'
}

export interface DestinationOutcomes extends Pick<Destination, 'place' | 'to'> {
  readonly outcomes: readonly Outcome[]
}

/** Every way that a manifest opens, whether a rule masks there or not. */
export function destinationsOf({ spec: { webhooks, masking, egress, api } }: Manifest): Destination[] {
  const routes = (api?.routes ?? []).flatMap(route => {
    const to = `${route.methods.join(',')} ${route.path}`
    const all = route.methods.map(method => routeSchemas(api, route.path, method))
    const schemas = (way: 'request' | 'response') => [...new Set(all.flatMap(each => each[way]))]
    return [
      { place: 'masking.request', to, rule: masking.request, schemas: schemas('request') },
      { place: 'masking.response', to, rule: masking.response, schemas: schemas('response') },
    ]
  })
  return [
    ...Object.entries(webhooks).map(([to, { masking: rule, schema }]) => ({
      place: `webhooks.${to}.masking`,
      to,
      rule,
      schemas: present([schema]),
    })),
    ...routes,
    ...egress.map(({ to, masking: rule }, index) => ({ place: `egress[${index}].masking`, to, rule, schemas: [] })),
  ]
}

/** The schemas that say what a route takes and answers: its own, and those of the app's contract, with its parameters. */
export function routeSchemas(
  api: Manifest['spec']['api'],
  path: string,
  method: string,
): {
  readonly request: readonly object[]
  readonly response: readonly object[]
  readonly parameters: readonly Field[]
} {
  const route = api?.routes.find(one => one.path === path && (one.methods as readonly string[]).includes(method))
  const operation = api?.openapi && operationOf(contractOf(api.openapi), path, method)?.operation
  const asked = [...(operation?.body?.contents.values() ?? [])]
  const answered = [...(operation?.answers.values() ?? [])].flatMap(one => [...one.values()])
  return {
    request: present([route?.schema, ...asked]),
    response: present([route?.responseSchema, ...answered]),
    parameters: operation?.fields ?? [],
  }
}

/**
 * What becomes of each value of a document on each way: those that the rule of the way masks, and those of any
 * built-in type that pass it. Modes and scopes are not looked at: it says what the rules do.
 *
 * @throws RangeError for JSON that is nested too deep to be masked
 */
export function outcomesOf(manifest: Manifest, draft: Draft, keys: AppKeys): DestinationOutcomes[] {
  const app = manifest.metadata.name
  const all = preview(draft, previewPlan({}, app)).findings
  return destinationsOf(manifest).map(({ place, to, rule, schemas }) => {
    const masked = rule ? preview(draft, planOf(rule, { app, rule: place, schemas }), keys).findings : []
    const passing = all.filter(one => !masked.some(other => overlap(one, other)))
    const outcomes = [...masked, ...passing.map(one => ({ ...one, action: 'passes' as const }))]
    return { place, to, outcomes: outcomes.sort(byPlace) }
  })
}

const overlap = (one: PreviewFinding, other: PreviewFinding) =>
  one.pointer === other.pointer && one.start < other.end && other.start < one.end

function byPlace(one: Outcome, other: Outcome): number {
  const [first, second] = [one.pointer ?? '', other.pointer ?? '']
  return first === second ? one.start - other.start : first < second ? -1 : 1
}

const present = (schemas: readonly (object | undefined)[]) => schemas.filter(schema => schema !== undefined)
