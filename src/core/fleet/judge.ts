import type { Evaluation, Program, TextProgram } from '#core/cel/engine.ts'
import type { Problem } from '#core/fault.ts'
import { conditionBindings, messageBindings, type OrgValues, type Question, stepsAt } from './question.ts'
import type { FleetRuleSource, Weight } from './schema.ts'

const dayMs = 86_400_000

/** A rule, checked: its expressions compiled. */
export interface FleetRule {
  readonly source: FleetRuleSource
  readonly match: Program
  /** In the order of the source's. */
  readonly validations: readonly { readonly condition: Program; readonly message?: TextProgram }[]
}

/** Rules, and the operator's values that they read. */
export interface RuleSet {
  readonly rules: readonly FleetRule[]
  readonly org: OrgValues
}

/** What one rule has to say, and how much it weighs. */
export interface Judgement {
  readonly weight: Weight
  readonly problem: Problem & { readonly rule: string }
  /** The rule could not be asked; it then weighs what its `failurePolicy` says. */
  readonly isError?: true
}

/** Asks every rule of the question's point. Only what no judgement of weight `Deny` is about may pass. */
export function judge({ rules, org }: RuleSet, question: Question): Judgement[] {
  return rules.flatMap(rule => {
    const found = broken(rule, question, org)
    const exception = found.length > 0 ? exceptionFor(rule, question) : undefined
    return exception ? found.map(one => excepted(one, exception)) : found
  })
}

/** What one rule finds, exceptions aside. An error is never a pass: it weighs what the rule's `failurePolicy` says. */
export function broken({ source, match, validations }: FleetRule, question: Question, org: OrgValues): Judgement[] {
  const { name: rule } = source.metadata
  const { action, failurePolicy, layer, points } = source.spec
  if (!points.includes(question.point)) return []
  const read = conditionBindings(question, org)
  const steps = stepsAt[question.point]
  const found = (weight: Weight, path: string, reason: string, remedy: string): Judgement => ({
    weight,
    problem: { path, reason, remedy, rule, layer },
  })
  const failed = (path: string, answer: Evaluation | undefined): Judgement => {
    const detail = answer?.kind === 'error' ? answer.detail : 'it was not compiled'
    const reason = `could not be judged: ${detail}`
    return { ...found(failurePolicy, path, reason, 'Ask the owner of the rule to mend it.'), isError: true }
  }
  const concerns = match.evaluate(read, steps)
  if (concerns.kind === 'error') return [failed('spec', concerns)]
  if (!concerns.holds) return []
  return source.spec.validations.flatMap(({ path, message, remediation, id }, index): Judgement[] => {
    const validation = validations[index]
    const answer = validation?.condition.evaluate(read, steps)
    if (answer?.kind !== 'answer') return [failed(path, answer)]
    if (answer.holds) return []
    const written = validation?.message?.write(messageBindings(question, org), steps)
    const reason = written?.kind === 'text' ? written.text.slice(0, maxMessage) : (message ?? `does not meet ${id}`)
    return [found(action, path, reason, remediation)]
  })
}

/** Characters of a message that a rule writes. */
const maxMessage = 512

function exceptionFor({ source }: FleetRule, { manifest, now }: Question) {
  return source.spec.exceptions.find(
    ({ app, until }) => app === manifest.metadata.name && now.getTime() < Date.parse(until) + dayMs,
  )
}

/** What is excepted is still said: an exception that nobody sees outlives its reason. */
function excepted({ problem }: Judgement, { until, owner, reason }: FleetRuleSource['spec']['exceptions'][number]) {
  const remedy = `${problem.remedy} Excepted until ${until} by ${owner}: ${reason}`
  return { weight: 'Audit' as const, problem: { ...problem, remedy } }
}
