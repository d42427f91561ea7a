import type { MaskingRule } from '#core/manifest/masking-schema.ts'
import type { Action } from '#core/masking/action.ts'
import { routeSchemas } from '#core/masking/destinations.ts'
import { FieldRules } from '#core/masking/field-rules.ts'
import { piiFields, piiParameters } from '#core/masking/schema-fields.ts'
import type { Guard, Hold, Row } from './difference.ts'
import { wayTo } from './egress.ts'
import { guardsAt, guardsOf, holds } from './guards.ts'
import type { Side } from './side.ts'

/** How little is left of a value. */
const strengths: Record<Action, number> = { block: 7, drop: 6, redact: 6, hash: 5, tokenize: 4, format: 3, mask: 2 }

/** What is masked, on every way that the app's data takes. */
export const maskingRows: readonly Row[] = [
  {
    area: 'masking',
    guards: ({ spec, other, word }) =>
      Object.entries(spec.webhooks).flatMap(([name, { masking, schema }]) => {
        const same = other.webhooks[name]
        const pointers = [...pointersOf(masking, [schema]), ...pointersOf(same?.masking, [same?.schema])]
        return guardsAt(`webhooks of ${name}`, ruleHolds(masking, [schema], pointers, word))
      }),
  },
  {
    area: 'masking',
    guards: ({ spec: { api, masking }, other, word }) =>
      (['request', 'response'] as const).flatMap(way => {
        const pointers = [masking[way], other.masking[way]].flatMap(rule => pointersOf(rule, []))
        const at = way === 'request' ? 'calls' : 'answers to callers'
        return api ? guardsAt(at, ruleHolds(masking[way], [], pointers, word)) : []
      }),
  },
  { area: 'masking', guards: taggedFields },
  { area: 'masking', guards: taggedParameters },
  {
    area: 'masking',
    guards: ({ ways, spec, other, word }) => {
      const pointers = [spec, other].flatMap(({ egress }) => egress.flatMap(({ masking }) => pointersOf(masking, [])))
      return guardsOf(ways, wayTo, ({ masking }) => ruleHolds(masking, [], pointers, word))
    },
  },
  {
    area: 'masking',
    opens: ({ spec }) =>
      (spec.masking.response?.exemptScopes ?? []).map(scope => `originals for callers with the scope ${scope}`),
  },
]

/** Fields that the schemas of routes tag, beside those that the rule names. */
function taggedFields({ routes, spec, other, word }: Side): Guard[] {
  return routes.flatMap(({ name }) => {
    const [method = '', path = ''] = name.split(' ')
    return (['request', 'response'] as const).flatMap(way => {
      const at = way === 'request' ? `calls of ${name}` : `answers to ${name}`
      const schemasOf = ({ api }: Side['spec']) => routeSchemas(api, path, method)[way]
      const pointers = [spec, other].flatMap(one => pointersOf(one.masking[way], schemasOf(one)))
      return guardsAt(at, fieldHolds(spec.masking[way], schemasOf(spec), pointers, word))
    })
  })
}

/** Values outside the body that the contract tags. */
function taggedParameters({ routes, spec }: Side): Guard[] {
  const rule = spec.masking.request
  return routes.flatMap(({ name }) => {
    const [method = '', path = ''] = name.split(' ')
    const tagged = rule ? piiParameters(routeSchemas(spec.api, path, method).parameters, rule.action) : []
    const heldBy =
      rule &&
      tagged.map(({ in: place, name: one, action }) => {
        return { name: `the ${place} parameter ${one}`, level: strengthOf(rule, action), shown: action }
      })
    return guardsAt(`calls of ${name}`, heldBy ?? [])
  })
}

type Schemas = readonly (object | undefined)[]

function ruleHolds(rule: MaskingRule | undefined, schemas: Schemas, pointers: readonly string[], word: string): Hold[] {
  if (!rule) return []
  const { entities, patterns = [], dictionaries = [], headers, unknown, restore } = rule
  const words = dictionaries.flatMap(one => one.words.map(each => `the word ${each}`))
  const found = [...entities, ...patterns.map(({ pattern }) => `the pattern ${pattern}`), ...words]
  return [
    ...found.map(name => ({ name, level: strengthOf(rule, rule.action), shown: rule.action })),
    ...headers.map(header => ({ name: `the header ${header}`, level: 1 })),
    ...holds('what cannot be read is refused', unknown === 'deny'),
    ...holds('no original is put back', !restore),
    ...fieldHolds(rule, schemas, pointers, word),
  ]
}

/** What becomes of each field, also where a rule that is written first, and weaker, decides. */
function fieldHolds(
  rule: MaskingRule | undefined,
  schemas: Schemas,
  pointers: readonly string[],
  word: string,
): Hold[] {
  if (!rule) return []
  const fields = new FieldRules([
    ...Object.entries(rule.fields),
    ...schemas.flatMap(one => piiFields(one, rule.action)),
  ])
  return [...new Set(pointers)].flatMap(pointer => {
    const actions = samples(pointer, word).map(sample =>
      fields.actionAt(sample.reduce((places, name) => fields.below(places, name), fields.root)),
    )
    const isSearched = rule.entities.length > 0
    const levels = actions.map(action => {
      if (action) return strengthOf(rule, action)
      return isSearched ? strengthOf(rule, rule.action) - 0.5 : Number.NEGATIVE_INFINITY
    })
    const level = Math.min(...levels)
    const shown = actions[levels.indexOf(level)] ?? `${rule.action}, where something is found`
    return level === Number.NEGATIVE_INFINITY ? [] : [{ name: `the field ${pointer}`, level, shown }]
  })
}

function strengthOf({ keepLast }: MaskingRule, action: Action): number {
  return strengths[action] - (action === 'mask' ? keepLast / 10 : 0)
}

function pointersOf(rule: MaskingRule | undefined, schemas: Schemas): string[] {
  if (!rule) return []
  const tagged = schemas.flatMap(schema => piiFields(schema, rule.action))
  return [...Object.keys(rule.fields), ...tagged.map(([pointer]) => pointer)]
}

/** `*` is any one segment, `**` any number of them, none too. */
function samples(pointer: string, word: string): string[][] {
  const segments = pointer
    .split('/')
    .slice(1)
    .map(one => one.replaceAll('~1', '/').replaceAll('~0', '~'))
  return [[], [word, word]].map(many => segments.flatMap(one => (one === '**' ? many : one === '*' ? word : one)))
}
