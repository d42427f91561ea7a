import { compile, type Program } from '#core/cel/engine.ts'
import { type Finding, findings, type Path } from '#core/manifest/problems.ts'
import { isManifestPath, ruleVariables, unknownFields } from './field-paths.ts'
import { bindings, broken, type FleetRule } from './judge.ts'
import { sampleManifest } from './sample.ts'
import { FleetRuleSource } from './schema.ts'

export type ReadRule =
  | { readonly kind: 'rule'; readonly rule: FleetRule }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }

/** How far ahead an exception may reach: it is to be short-lived. */
const maxExceptionDays = 90
const dayMs = 86_400_000

/** Reads a parsed document as a rule: its form, its expressions, the fields they read, and its own tests. */
export function readRule(document: unknown, now: Date): ReadRule {
  const parsed = FleetRuleSource.safeParse(document, { reportInput: true })
  if (!parsed.success) return { kind: 'refused', findings: findings(parsed.error, FleetRuleSource) }
  const source = parsed.data
  const found: Finding[] = [...longExceptions(source, now), ...twice(source)]
  const program = (text: string, at: Path): Program | undefined => {
    const compiled = compile(text, ruleVariables)
    const problems = compiled.kind === 'refused' ? compiled.problems : unknownFields(text)
    found.push(...problems.map(problem => ({ at, ...problem })))
    return compiled.kind === 'program' && problems.length === 0 ? compiled.program : undefined
  }
  const match = program(source.spec.match, ['spec', 'match'])
  const validations = source.spec.validations.flatMap(({ expression, path }, index) => {
    if (!isManifestPath(path)) {
      const remedy = 'Write a path of the manifest, such as spec.lifecycle.'
      found.push({ at: ['spec', 'validations', index, 'path'], reason: 'is no field of a manifest', remedy })
    }
    return program(expression, ['spec', 'validations', index, 'expression']) ?? []
  })
  if (found.length > 0 || !match) return { kind: 'refused', findings: found }
  const rule = { source, match, validations }
  const failures = failedTests(rule, now)
  return failures.length > 0 ? { kind: 'refused', findings: failures } : { kind: 'rule', rule }
}

/** Runs the tests that stand in the rule. A rule of which no test shows that it allows and denies is refused too. */
function failedTests(rule: FleetRule, now: Date): Finding[] {
  const found: Finding[] = []
  const untried = new Set(rule.validations)
  let allows = false
  for (const [index, { name, input, expect }] of rule.source.spec.tests.entries()) {
    const fail = (reason: string, remedy: string) =>
      found.push({ at: ['spec', 'tests', index], reason: `“${name}” ${reason}`, remedy })
    const manifest = sampleManifest(input.app)
    if ('reason' in manifest) {
      fail(manifest.reason, manifest.remedy)
      continue
    }
    const sample = { manifest, environment: input.environment, now }
    const read = bindings(sample)
    const answers = [rule.match, ...rule.validations].map(program => ({ program, answer: program.evaluate(read) }))
    const concerns = answers[0]?.answer
    const asked = concerns?.kind === 'answer' && !concerns.holds ? answers.slice(0, 1) : answers
    const error = asked.map(({ answer }) => answer).find(answer => answer.kind === 'error')
    if (error) {
      fail(`ends in an error: ${error.detail}`, 'Guard optional fields with has().')
      continue
    }
    const verdict = broken(rule, sample).length > 0 ? 'deny' : 'allow'
    if (verdict !== expect) {
      fail(`expects ${expect} and gets ${verdict}`, 'Mend the rule, or the test.')
      continue
    }
    if (expect === 'allow' && asked.length > 1) allows = true
    for (const { program, answer } of asked) if (answer.kind === 'answer' && !answer.holds) untried.delete(program)
  }
  if (found.length > 0) return found
  if (!allows) {
    const remedy = 'Add a test with `expect: allow` whose manifest `match` is true for.'
    found.push({ at: ['spec', 'tests'], reason: 'show no manifest that the rule concerns and allows', remedy })
  }
  for (const [index, validation] of rule.validations.entries()) {
    if (!untried.has(validation)) continue
    const remedy = 'Add a test with `expect: deny` in which it is false.'
    found.push({ at: ['spec', 'validations', index], reason: 'is false in no test', remedy })
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
