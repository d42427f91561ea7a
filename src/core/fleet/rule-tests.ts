import type { Finding } from '#core/manifest/problems.ts'
import { broken, type FleetRule } from './judge.ts'
import { conditionBindings, messageBindings, type OrgValues, type Question, stepsAt } from './question.ts'
import { merged, sampleManifest, sampleRequest } from './sample.ts'
import type { FleetRuleSource } from './schema.ts'

type RuleTest = FleetRuleSource['spec']['tests'][number]
type Wrong = Pick<Finding, 'reason' | 'remedy'>

/** Runs the tests that stand in the rule. A rule of which no test shows that it allows and denies is refused too. */
export function failedTests(rule: FleetRule, org: OrgValues, now: Date): Finding[] {
  const found: Finding[] = []
  const untried = new Set(rule.validations.map(({ condition }) => condition))
  let allows = false
  for (const [index, test] of rule.source.spec.tests.entries()) {
    const ran = run(rule, test, org, now)
    if ('reason' in ran) {
      found.push({ at: ['spec', 'tests', index], reason: `“${test.name}” ${ran.reason}`, remedy: ran.remedy })
      continue
    }
    if (test.expect === 'allow' && ran.isConcerned) allows = true
    for (const condition of ran.isFalse) untried.delete(condition)
  }
  if (found.length > 0) return found
  if (!allows) {
    const remedy = 'Add a test with `expect: allow` whose input `match` is true for.'
    found.push({ at: ['spec', 'tests'], reason: 'show nothing that the rule concerns and allows', remedy })
  }
  for (const [index, { condition }] of rule.validations.entries()) {
    if (!untried.has(condition)) continue
    const remedy = 'Add a test with `expect: deny` in which it is false.'
    found.push({ at: ['spec', 'validations', index], reason: 'is false in no test', remedy })
  }
  return found
}

/** What a test shows at each point of the rule, or why it fails. */
function run(rule: FleetRule, { input, expect }: RuleTest, fleetOrg: OrgValues, now: Date) {
  const manifest = sampleManifest(input.app)
  if ('reason' in manifest) return manifest
  const org = merged(fleetOrg, input.org) as OrgValues
  const isFalse: FleetRule['match'][] = []
  let isConcerned = false
  for (const point of rule.source.spec.points) {
    const request = sampleRequest(input.request, now)
    if ('reason' in request) return request
    const asked = { manifest, environment: input.environment, now }
    const question: Question = point === 'publish' ? { ...asked, point } : { ...asked, point, request }
    const answers = answered(rule, question, org)
    if ('reason' in answers) return answers
    if (answers.isConcerned) isConcerned = true
    isFalse.push(...answers.isFalse)
    const verdict = broken(rule, question, org).length > 0 ? 'deny' : 'allow'
    if (verdict !== expect)
      return { reason: `expects ${expect} and gets ${verdict}`, remedy: 'Mend the rule, or the test.' }
  }
  return { isConcerned, isFalse }
}

/** Whether the rule is about it, and what of it is then false; an error anywhere fails the test. */
function answered(rule: FleetRule, question: Question, org: OrgValues) {
  const read = conditionBindings(question, org)
  const steps = stepsAt[question.point]
  const erred = (detail: string): Wrong => ({
    reason: `ends in an error: ${detail}`,
    remedy: 'Guard optional fields with has().',
  })
  const concerns = rule.match.evaluate(read, steps)
  if (concerns.kind === 'error') return erred(concerns.detail)
  const isFalse: FleetRule['match'][] = []
  for (const { condition, message } of concerns.holds ? rule.validations : []) {
    const answer = condition.evaluate(read, steps)
    if (answer.kind === 'error') return erred(answer.detail)
    if (answer.holds) continue
    isFalse.push(condition)
    const written = message?.write(messageBindings(question, org), steps)
    if (written?.kind === 'error') return erred(`its message: ${written.detail}`)
  }
  return { isConcerned: concerns.holds, isFalse }
}
