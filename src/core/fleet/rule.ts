import { compile, compileText } from '#core/cel/engine.ts'
import { type Finding, findings, type Path } from '#core/manifest/problems.ts'
import { readings } from './field-paths.ts'
import type { FleetRule } from './judge.ts'
import { isManifestPath, namesOf, type OrgValues, type Shapes, shapesWith, stepsAt } from './question.ts'
import { failedTests } from './rule-tests.ts'
import { FleetRuleSource } from './schema.ts'

export type ReadRule =
  | { readonly kind: 'rule'; readonly rule: FleetRule }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }

/** How far ahead an exception may reach: it is to be short-lived. */
const maxExceptionDays = 90
const dayMs = 86_400_000

/**
 * Reads a parsed document as a rule that may be published: its form, its expressions, the fields they read, what
 * they may cost, and its own tests.
 */
export function readRule(document: unknown, now: Date, org: OrgValues = {}): ReadRule {
  const compiled = compileRule(document)
  if (compiled.kind === 'refused') return compiled
  const { rule } = compiled
  const { source } = rule
  const found = [...longExceptions(source, now), ...twice(source), ...unreadable(source, org)]
  if (found.length === 0) found.push(...failedTests(rule, org, now))
  return found.length > 0 ? { kind: 'refused', findings: found } : compiled
}

/** Reads a document as a rule that can be asked: its form and its expressions. Its tests were run when it was published. */
export function compileRule(document: unknown): ReadRule {
  const parsed = FleetRuleSource.safeParse(document, { reportInput: true })
  if (!parsed.success) return { kind: 'refused', findings: findings(parsed.error, FleetRuleSource) }
  const source = parsed.data
  const names = namesOf(source.spec.points)
  const found: Finding[] = []
  const program = <Compiled extends ReturnType<typeof compile> | ReturnType<typeof compileText>>(
    compiled: Compiled,
    at: Path,
  ) => {
    if (compiled.kind === 'refused') found.push(...compiled.problems.map(problem => ({ at, ...problem })))
    return compiled.kind === 'program'
      ? (compiled.program as Extract<Compiled, { kind: 'program' }>['program'])
      : undefined
  }
  const match = program(compile(source.spec.match, names), ['spec', 'match'])
  const validations = source.spec.validations.flatMap(({ expression, messageExpression }, index) => {
    const at = ['spec', 'validations', index]
    const condition = program(compile(expression, names), [...at, 'expression'])
    const message =
      messageExpression === undefined
        ? undefined
        : program(compileText(messageExpression, names), [...at, 'messageExpression'])
    return condition ? [{ condition, ...(message && { message }) }] : []
  })
  if (found.length > 0 || !match) return { kind: 'refused', findings: found }
  return { kind: 'rule', rule: { source, match, validations } }
}

/** What its expressions read and can never be there, and what they may cost in the worst case. */
function unreadable({ spec }: FleetRuleSource, org: OrgValues): Finding[] {
  const { conditions, messages } = shapesWith(org)
  const found: Finding[] = []
  const check = (text: string, shapes: Shapes, at: Path) => {
    const { wrong, worstCost } = readings(text, shapes)
    found.push(...wrong.map(one => ({ at, ...one })))
    const most = Math.min(...spec.points.map(point => stepsAt[point]))
    if (worstCost > most) {
      const reason = `may take ${worstCost} steps with the longest lists allowed, and has ${most}`
      found.push({ at, reason, remedy: 'Loop over less: one list, not lists within lists.' })
    }
  }
  check(spec.match, conditions, ['spec', 'match'])
  for (const [index, { expression, messageExpression, path }] of spec.validations.entries()) {
    const at = ['spec', 'validations', index]
    check(expression, conditions, [...at, 'expression'])
    if (messageExpression !== undefined) check(messageExpression, messages, [...at, 'messageExpression'])
    if (isManifestPath(path)) continue
    const remedy = 'Write a path of the manifest, such as spec.lifecycle.'
    found.push({ at: [...at, 'path'], reason: 'is no field of a manifest', remedy })
  }
  return found
}

function longExceptions({ spec }: FleetRuleSource, now: Date): Finding[] {
  return spec.exceptions.flatMap(({ until }, index) => {
    if (Date.parse(until) <= now.getTime() + maxExceptionDays * dayMs) return []
    const reason = `lies more than ${maxExceptionDays} days ahead`
    return [
      { at: ['spec', 'exceptions', index, 'until'], reason, remedy: 'An exception is short; renew it if need be.' },
    ]
  })
}

function twice({ spec }: FleetRuleSource): Finding[] {
  const ids = spec.validations.map(({ id }) => id)
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [
          {
            at: ['spec', 'validations', index, 'id'],
            reason: 'names two validations',
            remedy: 'Rename one of the two.',
          },
        ],
  )
}
