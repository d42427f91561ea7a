import { type Finding, findings } from '#core/manifest/problems.ts'
import { readings } from './field-paths.ts'
import type { FleetRule, RuleSet } from './judge.ts'
import { type OrgValues, shapesWith, stepsAt } from './question.ts'
import { type ReadRule, readRule } from './rule.ts'
import { PolicyDataSource } from './schema.ts'

/** More rules than this no fleet has. */
export const maxRules = 200
/** What all rules together may cost a request in the worst case: five times what one may. */
const maxRequestSteps = stepsAt.request * 5
/** Characters of all the values that rules read as `org`, as JSON. */
const maxOrgCharacters = 65_536

export type ReadFleet =
  | ({ readonly kind: 'fleet' } & RuleSet)
  | {
      readonly kind: 'refused'
      /** What is wrong with each document, in their order; empty where nothing is. */
      readonly findings: readonly (readonly Finding[])[]
    }

/** Reads the rules of a fleet and the values they read: each by itself, and then as one set. */
export function readFleet(documents: readonly unknown[], now: Date): ReadFleet {
  return assembled(documents, (document, org) => readRule(document, now, org), stepsAtRequest)
}

/** The same with another way to read each rule, and to reckon what it costs a request. */
export function assembled(
  documents: readonly unknown[],
  read: (document: unknown, org: OrgValues) => ReadRule,
  costOf: (rule: FleetRule, org: OrgValues) => number = () => 0,
): ReadFleet {
  const found: Finding[][] = documents.map(() => [])
  const org = valuesOf(documents, found)
  const rules = new Map<string, FleetRule>()
  let steps = 0
  for (const [index, document] of documents.entries()) {
    if (isData(document)) continue
    const checked = read(document, org)
    if (checked.kind === 'refused') {
      found[index]?.push(...checked.findings)
      continue
    }
    const { name } = checked.rule.source.metadata
    if (rules.has(name)) {
      const remedy = 'Give it a name of its own: a rule adds to the others, and replaces none.'
      found[index]?.push({ at: ['metadata', 'name'], reason: `is ${name}, as that of another rule`, remedy })
    }
    steps += costOf(checked.rule, org)
    if (steps > maxRequestSteps) found[index]?.push(tooDear)
    rules.set(name, checked.rule)
  }
  if (rules.size > maxRules) found[0]?.push(tooMany)
  if (found.some(one => one.length > 0)) return { kind: 'refused', findings: found }
  return {
    kind: 'fleet',
    org,
    rules: [...rules].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, rule]) => rule),
  }
}

const tooMany: Finding = { at: [], reason: `there are more than ${maxRules} rules`, remedy: 'Join some of them.' }
const tooDear: Finding = {
  at: ['spec'],
  reason: `with the rules before it may take a request more than ${maxRequestSteps} steps`,
  remedy: 'Loop over less, or ask it only at the point `publish`.',
}

function isData(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'kind' in document && document.kind === 'PolicyData'
}

function valuesOf(documents: readonly unknown[], found: readonly Finding[][]): OrgValues {
  const values = new Map<string, unknown>()
  for (const [index, document] of documents.entries()) {
    if (!isData(document)) continue
    const parsed = PolicyDataSource.safeParse(document, { reportInput: true })
    if (!parsed.success) {
      found[index]?.push(...findings(parsed.error, PolicyDataSource))
      continue
    }
    for (const [name, value] of Object.entries(parsed.data.spec.values)) {
      if (values.has(name)) {
        const remedy = 'Set each value in one place, so that no document overrides another.'
        found[index]?.push({ at: ['spec', 'values', name], reason: 'is set in another document too', remedy })
      }
      values.set(name, value)
    }
    if (JSON.stringify([...values]).length > maxOrgCharacters) {
      const reason = `makes all values longer than ${maxOrgCharacters} characters`
      found[index]?.push({ at: ['spec', 'values'], reason, remedy: 'Keep large lists elsewhere.' })
    }
  }
  return Object.fromEntries(values)
}

/** What a rule costs a request in the worst case. */
function stepsAtRequest({ source: { spec } }: FleetRule, org: OrgValues): number {
  if (!spec.points.includes('request')) return 0
  const { conditions } = shapesWith(org)
  const expressions = [spec.match, ...spec.validations.map(({ expression }) => expression)]
  return expressions.reduce((sum, text) => sum + readings(text, conditions).worstCost, 0)
}
