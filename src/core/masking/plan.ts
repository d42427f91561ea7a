import type { MaskingRule } from '#core/manifest/masking-schema.ts'
import { type Action, keyedActions } from './action.ts'
import { type Detector, detectorOf } from './detectors/detector.ts'
import { FieldRules } from './field-rules.ts'
import { escaped, piiFields, piiParameters } from './schema-fields.ts'

/** A masking rule, made ready. It holds no key and nothing of any request, so it may be kept. */
export interface MaskingPlan {
  readonly app: string
  /** Where the rule stands in the manifest, e.g. `masking.request`; for the lineage. */
  readonly rule: string
  readonly detector: Detector
  readonly fields: FieldRules
  /** By name, what becomes of values in a path. */
  readonly path: ReadonlyMap<string, Action>
  readonly action: Action
  readonly keepLast: number
  readonly unknown: 'deny' | 'pass'
  readonly restore: boolean
  readonly exemptScopes: readonly string[]
  /** Headers of a request whose values are looked at. */
  readonly headers: readonly string[]
  /** Whether a pass by this plan needs the keys of the app. */
  readonly needsKeys: boolean
  /** No value shorter than this, in UTF-16 code units, is looked at. */
  readonly shortest: number
  /** Words of the operator's own may hold spaces, so a stream may part them only at the end of a line. */
  readonly hasOwnWords: boolean
}

export interface PlanSetting {
  readonly app: string
  readonly rule: string
  /** JSON Schemas of what passes; their `x-pii` tags become fields after those of the rule. */
  readonly schemas?: readonly object[]
  /** What comes outside the body, as a contract describes it; tags count in the same way, by name. */
  readonly parameters?: Parameters<typeof piiParameters>[0]
}

/** The least that any built-in type takes, as in the IPv4 address `1.1.1.1` or a date `1/1/90`. */
const shortestBuiltIn = 6

interface Known {
  plan?: MaskingPlan
  readonly below: WeakMap<object, Known>
}

const known: Known = { below: new WeakMap() }

/** The plan of a rule for what has these schemas: made once per entry, since an entry keeps its rule and its schemas. */
export function planOf(rule: MaskingRule, setting: PlanSetting): MaskingPlan {
  let here = known
  const { schemas = [], parameters = [] } = setting
  for (const key of [rule, ...schemas, ...(parameters.length > 0 ? [parameters] : [])]) {
    const next = here.below.get(key) ?? { below: new WeakMap() }
    here.below.set(key, next)
    here = next
  }
  here.plan ??= compile(rule, setting)
  return here.plan
}

function compile(rule: MaskingRule, { app, rule: name, schemas = [], parameters = [] }: PlanSetting): MaskingPlan {
  const {
    entities,
    fields,
    action,
    keepLast,
    patterns,
    dictionaries,
    unknown,
    restore,
    headers,
    exemptScopes = [],
  } = rule
  const tagged = piiParameters(parameters, action)
  const rules = [
    ...Object.entries(fields),
    ...schemas.flatMap(schema => piiFields(schema, action)),
    ...tagged.flatMap(({ in: place, name, action: own }) =>
      place === 'query' || place === 'header' ? [[`/${escaped(name)}`, own] as const] : [],
    ),
  ]
  const hasOwnWords = patterns !== undefined || dictionaries !== undefined
  return {
    app,
    rule: name,
    detector: detectorOf(hasOwnWords ? [...entities, 'CUSTOM'] : entities, {
      ...(patterns && { customPatterns: patterns }),
      ...(dictionaries && { dictionaries }),
    }),
    fields: new FieldRules(rules),
    path: new Map(tagged.flatMap(({ in: place, name, action: own }) => (place === 'path' ? [[name, own]] : []))),
    action,
    keepLast,
    unknown,
    restore,
    exemptScopes,
    headers: [...headers, ...tagged.flatMap(({ in: place, name }) => (place === 'header' ? [name] : []))],
    needsKeys: [action, ...rules.map(([, own]) => own), ...tagged.map(one => one.action)].some(own =>
      keyedActions.has(own),
    ),
    shortest: hasOwnWords ? 1 : shortestBuiltIn,
    hasOwnWords,
  }
}
