import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { broken } from '#core/fleet/judge.ts'
import { conditionBindings, type Question } from '#core/fleet/question.ts'
import { compileRule } from '#core/fleet/rule.ts'
import { sampleManifest, sampleRequest } from '#core/fleet/sample.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { ruleDocument } from '../../support/fleet.ts'

const now = new Date('2026-11-21T12:00:00Z')
const manifest = sampleManifest({}) as Manifest

/** Conditions put together from what rules read; many err on some requests. */
const condition = fc.letrec<{ any: string; value: string }>(tie => ({
  value: fc.constantFrom(
    'request.path',
    'request.method',
    "request.headers['x-a']",
    'request.caller.subject',
    'request.egress.host',
    'request.bytes',
    'app.spec.residency.regions[0]',
    'app.metadata.labels.data',
    'org.limit',
    "'a'",
    '1',
    'null',
    'int(request.path)',
    'request.bytes / 0',
  ),
  any: fc.oneof(
    { maxDepth: 4 },
    fc
      .tuple(tie('value'), fc.constantFrom('==', '!=', '<', '>=', 'in'), tie('value'))
      .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
    fc.tuple(tie('value'), fc.constantFrom('startsWith', 'contains')).map(([one, name]) => `${one}.${name}('a')`),
    fc
      .tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any'))
      .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
    tie('any').map(one => `!${one}`),
    fc.constantFrom('true', 'false', 'has(request.caller)', 'has(request.egress)', "'x-a' in request.headers"),
  ),
})).any

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom('', '__proto__', 'a', '9'.repeat(30), '\u0000', '/../'),
)

const request = fc.record(
  {
    path: text,
    method: text,
    headers: fc.dictionary(fc.oneof(text, fc.constant('x-a')), text),
    bytes: fc.nat(),
    caller: fc.record({ issuer: text, subject: text, scopes: fc.array(text, { maxLength: 3 }) }),
    egress: fc.record({ host: text, port: fc.nat(65_535) }),
  },
  { requiredKeys: [] },
)

describe('no error of a rule', () => {
  it('ever lets a request pass, whatever rule and request: only where every answer is yes nothing is denied', () => {
    fc.assert(
      fc.property(condition, condition, condition, request, fc.jsonValue(), (match, one, other, asked, limit) => {
        const validation = (id: string, expression: string) => ({ id, expression, message: 'no', remediation: 'None.' })
        const document = ruleDocument({
          points: ['request'],
          match,
          validations: [validation('one', one), validation('other', other)],
        })
        const compiled = compileRule(document)
        const facts = sampleRequest(asked, now)
        if (compiled.kind === 'refused' || 'reason' in facts) return
        const question: Question = { point: 'request', manifest, environment: 'local', now, request: facts }
        const { rule } = compiled
        const denies = broken(rule, question, { limit }).some(({ weight }) => weight === 'Deny')
        const read = conditionBindings(question, { limit })
        const concerns = rule.match.evaluate(read)
        const isYes = (program: typeof rule.match) => {
          const answer = program.evaluate(read)
          return answer.kind === 'answer' && answer.holds
        }
        const isNo = concerns.kind === 'answer' && !concerns.holds
        expect(denies).toBe(!isNo && !(isYes(rule.match) && rule.validations.every(each => isYes(each.condition))))
      }),
      { numRuns: 1_000 },
    )
  })
})
