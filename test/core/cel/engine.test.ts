import { describe, expect, it } from 'vitest'
import { type Bindings, compile } from '#core/cel/engine.ts'

const names = ['body', 'headers', 'source']
const body = {
  type: 'invoice.paid',
  count: 3,
  price: 1.5,
  big: 2 ** 53,
  none: null,
  items: [{ price: 1 }, { price: 20 }],
  deep: { 'a-b': { c: 1 } },
}

/** What an expression answers of the event above: true, false, or why it has no answer. */
function answer(text: string, given: Bindings = {}): boolean | string {
  const compiled = compile(text, names)
  if (compiled.kind === 'refused') return compiled.problems.map(({ reason }) => reason).join('; ')
  const bindings = { body: () => body, headers: () => ({ 'x-kind': 'a' }), source: () => 'shop', ...given }
  const evaluation = compiled.program.evaluate(bindings)
  return evaluation.kind === 'answer' ? evaluation.holds : evaluation.reason
}

describe('an expression', () => {
  it.each([
    "body.type.startsWith('invoice.')",
    "headers['x-kind'] == 'a' && source == 'shop'",
    "body.type in ['invoice.paid', 'invoice.voided']",
    'body.items.exists(item, item.price > 10) && body.items.all(item, has(item.price))',
    'body.items.map(item, item.price) == [1, 20]',
    'body.items.filter(item, item.price > 10).size() == 1',
    "body.deep['a-b'].c == 1",
    "body.type.matches('^invoice\\\\.(paid|voided)$')",
    "timestamp('2026-01-02T00:00:00Z') > timestamp('2026-01-01T00:00:00Z')",
    'type(body.count) == int && type(body.price) == double',
    'body == body && body.items == body.items',
    "!has(body.absent) && !('absent' in body)",
  ])('holds of what it describes: %s', text => {
    expect(answer(text)).toBe(true)
    expect(answer(`!(${text})`)).toBe(false)
  })

  it('counts with the integers of JSON as integers', () => {
    expect(answer('body.count + 1 == 4 && body.count > 2.5 && body.price * 2.0 == 3.0')).toBe(true)
    expect(answer('double(body.count) * 1.5 == 4.5')).toBe(true)
    expect(answer('body.count * 1.5 == 4.5')).toBe('types')
    expect(answer('type(body.big) == double')).toBe(true)
  })

  it('takes a member that is null for one that is there', () => {
    expect(answer("has(body.none) && 'none' in body && body.none == null")).toBe(true)
  })

  it('finds only members of the document, never those of JavaScript', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'has', 'size'])
      expect([answer(`has(body.${name})`), answer(`'${name}' in body`)]).toEqual([false, false])
    const own = JSON.parse('{"__proto__": 1, "constructor": 2}')
    expect(answer('body.__proto__ == 1 && body.constructor == 2', { body: () => own })).toBe(true)
  })
})

describe('an error', () => {
  it('is never true, nor false', () => {
    expect(answer('body.absent == 1')).toBe('missing')
    expect(answer('!(body.absent == 1)')).toBe('missing')
    expect(answer('body.items[2].price == 1')).toBe('missing')
    expect(answer('body.type > 1')).toBe('types')
    expect(answer('body.type')).toBe('types')
    expect(answer('int(body.type) == 1')).toBe('other')
  })

  it('of one side does not matter where the other decides', () => {
    expect(answer("body.absent == 1 || source == 'shop'")).toBe(true)
    expect(answer("body.absent == 1 && source == 'other'")).toBe(false)
  })

  it('is what reading an absent variable gives, and only reading it', () => {
    expect(answer('body.type == "x"', { body: () => undefined })).toBe('absent')
    expect(answer("source == 'shop'", { body: () => undefined })).toBe(true)
  })

  it('tells the place in the expression, and nothing of the values', () => {
    const compiled = compile('bool(body.type) || int(body.type) == 1 || body[body.type] == 1', names)
    if (compiled.kind === 'refused') throw new Error('refused')
    const evaluation = compiled.program.evaluate({ body: () => ({ type: 'sensitive' }) })
    expect(evaluation).toMatchObject({ kind: 'error', detail: expect.stringMatching(/at character \d+$/) })
    expect(JSON.stringify(evaluation)).not.toContain('sensitive')
  })
})

describe('a program', () => {
  it('asks only for what it reads', () => {
    const asked: string[] = []
    const asking = (name: string) => () => {
      asked.push(name)
      return 'shop'
    }
    expect(answer("source == 'shop'", { body: asking('body'), source: asking('source') })).toBe(true)
    expect(asked).toEqual(['source'])
  })

  it('is compiled once for each text and set of names', () => {
    expect(compile('source == "x"', names)).toBe(compile('source == "x"', names))
    expect(compile('source == "x"', names)).not.toBe(compile('source == "x"', ['source']))
    expect(compile('source == "x"', ['body'])).toMatchObject({ kind: 'refused' })
  })
})
