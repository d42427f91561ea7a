import { expect, it } from 'vitest'
import { broken } from '#core/fleet/judge.ts'
import type { Question } from '#core/fleet/question.ts'
import { compileRule, readRule } from '#core/fleet/rule.ts'
import { sampleManifest, sampleRequest } from '#core/fleet/sample.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { ruleDocument } from '../support/fleet.ts'

const now = new Date('2026-11-21T12:00:00Z')
const maxMs = 10

/** As large as manifests and requests get. */
const manifest = sampleManifest({
  spec: {
    egress: Array.from({ length: 1_000 }, (_, index) => ({ to: `GET https://h${index}.example.com/v1/*` })),
    api: {
      routes: Array.from({ length: 500 }, (_, index) => ({ path: `/v1/r${index}`, methods: ['GET'], auth: 'none' })),
    },
  },
}) as Manifest
const headers = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'a'.repeat(1_000)]))
const request = sampleRequest({ path: `/${'a'.repeat(8_000)}`, headers }, now)

const hostile = [
  'app.spec.egress.all(a, app.spec.egress.all(b, a == b || a.to != b.to))',
  'app.spec.egress.exists(a, app == app && false)',
  "app.spec.egress.map(a, a.to + a.to + a.to).exists(a, a == '')",
  'app.spec.egress.filter(a, true).map(a, a).filter(a, true).size() < 0',
  "request.path.matches('(a|aa)+$')",
  "request.path.matches('(a*)*(a*)*(a*)*b')",
  "request.headers.all(name, request.headers[name].matches('(a|b|ab)*c'))",
  'request.headers.exists(a, request.headers.exists(b, request.headers[a] == request.headers[b] + b))',
  "request.path.contains('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab') || request.path + request.path == request.path",
  'int(request.path) == 1',
  "app.spec.egress.all(a, timestamp('2026-01-01T00:00:00Z').getHours('Europe/Berlin') >= 0)",
  "app.spec.egress.exists(a, duration('1h') + duration('1h') == duration('3h'))",
  `${Array(100).fill('app == app').join(' && ')} && false`,
  '[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, app.spec.api.routes == app.spec.api.routes))',
  `${'!'.repeat(40)}(request.path == request.path)`,
  `request.path.replace('a', 'aa').replace('a', 'aa').replace('a', 'aa') == ''`,
]

/** The least time that work took, of several tries: neither the compiler that warms up nor the machine's other work counts. */
function leastMs(work: () => unknown): number {
  const tries = Array.from({ length: 15 }, () => {
    const before = performance.now()
    work()
    return performance.now() - before
  })
  return Math.min(...tries)
}

it.each(hostile)('a hostile rule over requests is refused, or ends within 10 ms: %s', expression => {
  const validation = { id: 'hostile', expression, message: 'no', remediation: 'None.' }
  const document = ruleDocument({ points: ['request'], validations: [validation] })
  const compiled = compileRule(document)
  if (compiled.kind === 'refused' || 'reason' in request) return expect(readRule(document, now).kind).toBe('refused')
  // also what only its worst case or its tests would have refused, since storage may hold anything
  const question: Question = { point: 'request', manifest, environment: 'local', now, request }
  const { rule } = compiled
  expect(leastMs(() => broken(rule, question, {}))).toBeLessThan(maxMs)
})

it('a hostile rule over manifests is refused', () => {
  const dear = hostile
    .filter(text => text.startsWith('app.spec.egress.all(a, app'))
    .map(expression => {
      const validation = { id: 'hostile', expression, message: 'no', remediation: 'None.' }
      return readRule(ruleDocument({ validations: [validation] }), now).kind
    })
  expect(dear).toEqual(['refused'])
})
