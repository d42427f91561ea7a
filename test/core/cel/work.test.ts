import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile, type Evaluation } from '#core/cel/engine.ts'
import { elapsedMs } from '../../support/elapsed.ts'

function evaluated(text: string, body: unknown): Evaluation | 'refused' {
  const compiled = compile(text, ['body'])
  if (compiled.kind === 'refused') return 'refused'
  return compiled.program.evaluate({ body: () => body })
}

const large = {
  numbers: Array.from({ length: 100_000 }, (_, index) => index),
  objects: Array.from({ length: 50_000 }, (_, index) => ({ price: index })),
  text: 'a'.repeat(5_000_000),
  members: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`m${index}`, index])),
}

describe('work on a large body', () => {
  it.each([
    'body.numbers.all(x, body.numbers.all(y, true))',
    'body.numbers.all(x, body.numbers.exists(y, true))',
    'body.numbers.exists(x, body.numbers == body.numbers && false)',
    'body.numbers.map(x, x).size() > 1',
    'body.numbers.filter(x, x % 2 == 0).map(x, x).size() > 1',
    'body.numbers.map(x, body.text).map(y, y + y).size() > 0',
    'body.objects.all(x, body == body)',
    'body.objects.all(x, body.text.contains("b") || true)',
    'body.members.all(x, body.members.all(y, true))',
    "body.text.matches('(a|aa)+$')",
    'int(body.text) == 1',
    'body.text.size() == 5000000',
    'body.numbers.all(x, timestamp("2026-01-01T00:00:00Z").getHours("Europe/Berlin") >= 0)',
  ])('ends as too much, not late: %s', async text => {
    expect(await elapsedMs(() => evaluated(text, large))).toBeLessThan(3_000)
    expect(evaluated(text, large)).toMatchObject({ kind: 'error', reason: 'steps' })
  })

  it.each([
    'body.numbers.size() == 100000',
    'body.numbers[99999] == 99999',
    '99999 in body.numbers',
    'body.objects[0].price == 0',
    "body.text.startsWith('aaa')",
    "body.members['m7'] == 7",
    'body.objects.exists(x, x.price == 5000)',
  ])('costs what is looked at: %s', text => {
    expect(evaluated(text, large)).toEqual({ kind: 'answer', holds: true })
  })

  it('does not overflow the stack on a deep body', () => {
    const deep = JSON.parse(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)
    expect(evaluated('body[0].a[0].a == 1', deep)).toEqual({ kind: 'answer', holds: false })
    expect(() => evaluated('body == [body[0]]', deep)).not.toThrow()
  })
})

/** Expressions put together from the language's own parts; most are refused, or err. */
const expression = fc.letrec<{ any: string }>(tie => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      'body',
      'body.a',
      "body['b']",
      'body[0]',
      '1',
      '2u',
      '1.5',
      "'a'",
      'true',
      'null',
      '[1]',
      "{'a': 1}",
      'int',
      "b'a'",
    ),
    fc
      .tuple(tie('any'), fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in'), tie('any'))
      .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
    fc.tuple(fc.constantFrom('!', '-'), tie('any')).map(([operator, one]) => `${operator}(${one})`),
    fc
      .tuple(fc.constantFrom('size', 'int', 'string', 'double', 'type', 'timestamp', 'has', 'dyn', 'bool'), tie('any'))
      .map(([name, one]) => `${name}(${one})`),
    fc
      .tuple(tie('any'), fc.constantFrom('startsWith', 'contains', 'endsWith', 'matches', 'replace'), tie('any'))
      .map(([one, name, other]) => `${one}.${name}(${other})`),
    fc
      .tuple(tie('any'), fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter'), tie('any'))
      .map(([one, name, other]) => `${one}.${name}(x, x == ${other})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([one, two, three]) => `(${one} ? ${two} : ${three})`),
  ),
})).any

describe('no expression and no body', () => {
  it('makes compiling or evaluating throw, and no answer is other than yes or no', () => {
    fc.assert(
      fc.property(
        fc.oneof(expression, fc.string(), fc.string({ unit: fc.constantFrom(...'ab.()[]{}!-+=<&|\'"?:,1 x') })),
        fc.jsonValue(),
        (text, body) => {
          const evaluation = evaluated(text, body)
          if (evaluation === 'refused') return
          if (evaluation.kind === 'answer') expect(evaluation.holds).toBeTypeOf('boolean')
          else expect(evaluation.detail).toMatch(/^[a-z ]+(, at character \d+)?$/)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('gives two answers to one question', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue(), (text, body) => {
        expect(evaluated(text, body)).toEqual(evaluated(text, structuredClone(body)))
      }),
    )
  })

  it('changes the body', () => {
    fc.assert(
      fc.property(expression, fc.jsonValue(), (text, body) => {
        const before = JSON.stringify(body)
        evaluated(text, body)
        expect(JSON.stringify(body)).toBe(before)
      }),
    )
  })
})
