import * as z from 'zod'
import { compileContract, type Field as Parameter } from '#core/contract/contract.ts'
import { piiFields } from '#core/masking/schema-fields.ts'
import type { Finding, Path } from './problems.ts'

const Rule = z
  .object({ restore: z.unknown(), exemptScopes: z.unknown(), headers: z.unknown() })
  .partial()
  .optional()
  .catch(undefined)

type Rule = z.infer<typeof Rule>

const Schema = z.record(z.string(), z.unknown()).optional().catch(undefined)

/** The parts of `spec` that the checks of masking read, whatever else is wrong with them. */
const CrossedMasking = z
  .object({
    masking: z.object({ request: Rule, response: Rule }).catch({ request: undefined, response: undefined }),
    webhooks: z
      .record(z.string(), z.object({ masking: Rule, schema: Schema }).catch({ masking: undefined, schema: undefined }))
      .catch({}),
    egress: z.array(z.object({ masking: Rule }).catch({ masking: undefined })).catch([]),
    routes: z
      .array(
        z.object({ schema: Schema, responseSchema: Schema }).catch({ schema: undefined, responseSchema: undefined }),
      )
      .catch([]),
  })
  .catch({ masking: { request: undefined, response: undefined }, webhooks: {}, egress: [], routes: [] })

type Field = 'restore' | 'exemptScopes' | 'headers'
type Place = 'webhook' | 'request' | 'response' | 'egress'

interface Complaint {
  readonly reason: string
  readonly remedy: string
}

const noCallers = { reason: 'has no callers here, so nobody with scopes', remedy: 'Remove it.' }

/** What a place cannot do: a field that was written there would be believed and not enforced. */
const unenforced: Readonly<Record<Place, Partial<Record<Field, Complaint>>>> = {
  webhook: {
    restore: {
      reason: 'restores nothing here: what came from a vendor is stored masked',
      remedy: 'Remove it, and open what the app must see with another action or not at all.',
    },
    exemptScopes: noCallers,
  },
  request: {},
  response: {
    restore: {
      reason: 'restores nothing here: an answer is the end of the way',
      remedy: 'Set it in masking.request: the answer to a call then gets the originals of that call.',
    },
    headers: { reason: 'are looked at in requests only', remedy: 'Remove them; masking.request takes headers.' },
  },
  egress: { exemptScopes: noCallers },
}

const isSet: Readonly<Record<Field, (value: unknown) => boolean>> = {
  restore: value => value === true,
  exemptScopes: value => value !== undefined,
  headers: value => Array.isArray(value) && value.length > 0,
}

const fields = Object.keys(isSet) as Field[]

/** Where masking rules say what their place does not do, or schemas tag fields in a way that cannot be followed. */
export function maskingFindings(spec: unknown): Finding[] {
  const given = typeof spec === 'object' && spec !== null ? spec : {}
  const api = 'api' in given && typeof given.api === 'object' ? given.api : undefined
  const openapi = api && 'openapi' in api ? api.openapi : undefined
  const { masking, webhooks, egress, routes } = CrossedMasking.parse({
    masking: {},
    webhooks: {},
    egress: [],
    ...given,
    routes: api && 'routes' in api ? api.routes : [],
  })
  const { request, response } = masking
  return [
    ...Object.entries(webhooks).flatMap(([source, { masking: rule, schema }]) => [
      ...ruleFindings('webhook', rule, ['spec', 'webhooks', source, 'masking']),
      ...tagFindings(rule, schema, ['spec', 'webhooks', source, 'schema'], `webhooks.${source}.masking`),
    ]),
    ...ruleFindings('request', request, ['spec', 'masking', 'request']),
    ...exemptFromNothing(request, ['spec', 'masking', 'request']),
    ...ruleFindings('response', response, ['spec', 'masking', 'response']),
    ...egress.flatMap(({ masking: rule }, index) => ruleFindings('egress', rule, ['spec', 'egress', index, 'masking'])),
    ...routes.flatMap(({ schema, responseSchema }, index) => [
      ...tagFindings(request, schema, ['spec', 'api', 'routes', index, 'schema'], 'masking.request'),
      ...tagFindings(response, responseSchema, ['spec', 'api', 'routes', index, 'responseSchema'], 'masking.response'),
    ]),
    ...contractFindings(openapi, masking),
  ]
}

function ruleFindings(place: Place, rule: Rule, at: Path): Finding[] {
  return fields.flatMap(field => {
    const complaint = unenforced[place][field]
    return complaint && rule && isSet[field](rule[field]) ? [{ at: [...at, field], ...complaint }] : []
  })
}

/** What a call brings is masked for whoever calls; scopes decide only who gets originals back. */
function exemptFromNothing(rule: Rule, at: Path): Finding[] {
  if (rule?.exemptScopes === undefined || rule.restore === true) return []
  const reason = 'exempts nobody from anything without `restore`: requests are masked whoever sends them'
  return [{ at: [...at, 'exemptScopes'], reason, remedy: 'Set `restore: true`, or write it in masking.response.' }]
}

/** Tags count only where a rule reads them, and where their references can be followed. */
function tagFindings(rule: Rule, schema: unknown, at: Path, reader: string): Finding[] {
  if (schema === undefined) return []
  try {
    const tagged = piiFields(schema, 'redact')
    if (rule || tagged.length === 0) return []
    const remedy = `Write a masking rule in ${reader}, or remove the tags: nothing would be masked.`
    return [{ at, reason: 'tags fields with `x-pii` that no rule masks', remedy }]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const reason = `its \`x-pii\` tags cannot be followed: ${error.message}`
    return [{ at, reason, remedy: 'Untangle its references, or name the fields in the masking rule.' }]
  }
}

/** Tags of a parameter; cookies go to the app as they come. */
function parameterFindings(rule: Rule, { schema, in: place }: Parameter, at: Path): Finding[] {
  const found = tagFindings(rule, schema, at, 'masking.request')
  if (place !== 'cookie' || found.length > 0 || !schema || piiFields(schema, 'redact').length === 0) return found
  return [{ at, reason: 'tags a cookie, and cookies are not masked', remedy: 'Send it in a header or the body.' }]
}

/** The same of every parameter and body in the app's OpenAPI document; one that is none is told of elsewhere. */
function contractFindings(openapi: unknown, { request, response }: { request?: Rule; response?: Rule }): Finding[] {
  const compiled = openapi === undefined ? undefined : compileContract(openapi)
  if (compiled?.kind !== 'contract') return []
  return compiled.operations.flatMap(({ path, methods, fields: parameters, body, answers }) => {
    const at = ['spec', 'api', 'openapi', 'paths', path, methods.join().toLowerCase()]
    const given = [...(body?.contents.values() ?? [])]
    const answered = [...answers.values()].flatMap(contents => [...contents.values()])
    return [
      ...parameters.flatMap(one => parameterFindings(request, one, [...at, 'parameters', one.name])),
      ...given.flatMap(schema => tagFindings(request, schema, [...at, 'requestBody'], 'masking.request')),
      ...answered.flatMap(schema => tagFindings(response, schema, [...at, 'responses'], 'masking.response')),
    ]
  })
}
