import fc from 'fast-check'
import { dump } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import type { Path } from '#core/manifest/problems.ts'
import { readYaml } from '#core/manifest/yaml.ts'

const read = (text: string) => readYaml(text, 'shop.yaml')
const valueIn = (text: string) => {
  const yaml = read(text)
  return yaml.kind === 'document' ? yaml.document : yaml.problems
}
const problemsOf = (text: string) => {
  const yaml = read(text)
  return yaml.kind === 'refused' ? yaml.problems : []
}
const toldOf = (text: string) => problemsOf(text).map(({ line, path, reason }) => `${line} ${path} ${reason}`)
const lineOf = (text: string, at: Path) => {
  const yaml = read(text)
  return yaml.kind === 'document' && yaml.locate([{ at, reason: '', remedy: '' }])[0]?.line
}
/** JSON and YAML know one zero alone. */
const json = fc.jsonValue().map(value => JSON.parse(JSON.stringify(value)))

describe('the value of a text', () => {
  it('is what was written, however it is laid out', () => {
    const layout = fc.record({ flowLevel: fc.integer({ min: -1, max: 3 }), forceQuotes: fc.boolean() })
    fc.assert(
      fc.property(json, layout, fc.constantFrom('\n', '\r\n'), (value, options, newline) => {
        const text = dump(value, { ...options, noRefs: true, lineWidth: -1 })
        expect(valueIn(text.replaceAll('\n', newline))).toEqual(value)
        expect(valueIn(`\uFEFF${JSON.stringify(value)}`)).toEqual(value)
      }),
    )
  })

  it.each([
    ['words that YAML 1.1 took for others', 'yes: no\non: 1:20\n', { yes: 'no', on: '1:20' }],
    [
      'keys as the text that they are',
      '1.0: a\n~: b\ntrue: c\n0x10: d\n"": e\n',
      { '0x10': 'd', '1.0': 'a', '~': 'b', true: 'c', '': 'e' },
    ],
    ['a date as its text', '2027-02-28', '2027-02-28'],
    ['numbers', '[0o17, 0x1f, -1.5e3, +7, 1_000]', [15, 31, -1500, 7, '1_000']],
    ['a comment alone, which is nothing', '# later\n', null],
    ['an explicit end', 'a: 1\n...\n', { a: 1 }],
    ['a text of several lines', 'a: |\n  b\n   c\n\nd: >-\n  e\n  f\n', { a: 'b\n c\n', d: 'e f' }],
    ['merging by no key, which is one like others', 'a: &a { b: 1 }\n<<: *a\n', { a: { b: 1 }, '<<': { b: 1 } }],
  ])('has %s', (_, text, value) => {
    expect(valueIn(text)).toEqual(value)
  })

  it('has a prototype for no more than a name', () => {
    const value = valueIn('a: { __proto__: { admin: true } }\n__proto__: { admin: true }\n') as { readonly a: object }
    expect(Object.keys(value)).toEqual(['a', '__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(value.a).not.toHaveProperty('admin')
  })
})

describe('the line of a part', () => {
  it('is the line of its key, or of the item, in any nesting', () => {
    /** A text of one line for each part, and the path of each. */
    const shape = fc.letrec<{ node: Shape }>(tie => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constant('leaf' as const),
        fc.record({ list: fc.boolean(), parts: fc.array(tie('node'), { minLength: 1, maxLength: 4 }) }),
      ),
    })).node
    fc.assert(
      fc.property(shape, fc.constantFrom('', '# a comment', '   '), (root, between) => {
        const lines: string[] = []
        const paths: { readonly at: Path; readonly line: number }[] = []
        const write = (node: Shape, indent: string, at: Path) => {
          if (node === 'leaf') return
          for (const [index, part] of node.parts.entries()) {
            const name = node.list ? index : `key${index}`
            lines.push(between, `${indent}${node.list ? '-' : `${name}:`}${part === 'leaf' && index % 2 ? ' x' : ''}`)
            // an item that is a mapping or list stands where its own first part stands
            const isMoved = node.list && part !== 'leaf'
            paths.push({ at: [...at, name], line: lines.length + (isMoved ? 2 : 0) })
            write(part, `${indent}  `, [...at, name])
          }
        }
        write(root, '', [])
        for (const { at, line } of paths) expect(lineOf(lines.join('\n'), at), lines.join('\n')).toBe(line)
      }),
    )
  })

  it.each([
    [['a', 1], 'a: [x,\n  y]\n', 2],
    [['a'], 'b: 1\r\n\r\na: 2\r\n', 3],
    [['a', 0], 'a:\n  - |\n    text\n', 2],
    [['a', 1], 'a:\n  - "x\n    y"\n  - z\n', 4],
    [['a', 2], 'a:\n  - [x,\n     y]\n  # - no item\n  -\n  -\n', 6],
    [['b', 'c'], 'a: &a\n  c: 1\nb: *a\n', 3],
    [['a', 'missing', 'b'], '\na:\n  c: 1\n', 2],
  ])('of %j is right', (at, text, line) => {
    expect(lineOf(text, at)).toBe(line)
  })
})

describe('refused, with line and reason', () => {
  it('every key that is written twice, at once', () => {
    expect(toldOf('a: 1\nb: { c: 1, c: 2 }\n"a": 3\nd:\n  - e: 1\n    e: 2\na: 4\n')).toEqual([
      '2 b.c is written twice, first on line 2',
      '3 a is written twice, first on line 1',
      '6 d[0].e is written twice, first on line 5',
      '7 a is written twice, first on line 1',
    ])
  })

  it.each([
    ['a key that is a list', 'x:\n  ? [a]\n  : b\n', '2 x has a key that is no text'],
    ['a key that is an alias', 'a: &a b\n*a : c\n', '2 (document) has a key that is no text'],
    ['a key that is made a number', '!!int 1: a\n', '1 (document) has a key that is no text'],
    ['a second document', '# one\n---\n- a\n---\n- b\n', '4 (document) has a second document'],
    ['a second document after an end', 'a\n...\n\nb\n', '2 (document) has a second document'],
    ['an unknown tag', 'a:\n  b: !env HOME\n', '2 (document) unknown scalar tag !<!env>'],
    [
      'an alias to what comes later',
      'a: *b\nb: &b 1\n',
      '1 (document) refers to `b`, which nothing before it is called',
    ],
    ['an alias to what it stands in', 'a: 1\nb: &b\n  - *b\n', '3 (document) refers to `b`, in which it stands'],
    ['more than 1,000 aliases', `- &a 1\n${'- *a\n'.repeat(1_001)}`, '1002 (document) has more than 1000 aliases'],
    ['nesting', '['.repeat(101) + ']'.repeat(101), '1 (document) nesting exceeded maxDepth (100)'],
    ['nesting by aliases', deepByAliases(3), '3 (document) nests deeper than 100 levels'],
  ])('%s', (_, text, told) => {
    expect(toldOf(text)).toEqual([told])
  })

  it('aliases that stand for more than a file may hold, before anything is made of them', () => {
    const rows = (levels: number, width: number) => [
      `- &x0 ${'x'.repeat(99)}`,
      ...Array.from({ length: levels }, (_, n) => `- &x${n + 1} [${Array(width).fill(`*x${n}`).join(', ')}]`),
    ]
    const [problem, ...more] = problemsOf(rows(90, 10).join('\n'))
    expect(more).toEqual([])
    expect(problem).toEqual({
      file: 'shop.yaml',
      line: 5,
      path: '(document)',
      reason: 'stands for more than 262144 characters by its aliases',
      remedy: 'Write the values out instead of referring to them by alias.',
    })
    expect(read(rows(3, 10).join('\n')).kind).toBe('document')
  })

  it('whatever it is: hostile text ends with a value or with problems that have a line, in bounded size', () => {
    const piece = fc.constantFrom(
      ...['a', 'a: ', '- ', '? ', ': ', '\n', '\n  ', '\r\n', '[', ']', '{', '}', ', ', '&a ', '*a', '!!str ', '!x '],
      ...['|\n', '>-\n', '---\n', '...\n', '%YAML 1.2\n', '# c', '"', "'", '\uFEFF', '\t', '\\', '\0', '\ud800', '<<'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat({ max: 200 }), (pieces, times) => {
        const yaml = read(pieces.join('').repeat(times))
        if (yaml.kind === 'document') expect((JSON.stringify(yaml.document) ?? '').length).toBeLessThan(2_000_000)
        else expect(yaml.problems.every(({ line, reason }) => Number(line) > 0 && reason !== '')).toBe(true)
      }),
    )
  })
})

type Shape = 'leaf' | { readonly list: boolean; readonly parts: readonly Shape[] }

/** Each row has the one before inside 40 levels. */
function deepByAliases(rows: number): string {
  const nested = (inner: string) => '['.repeat(40) + inner + ']'.repeat(40)
  return Array.from({ length: rows }, (_, n) => `- &x${n} ${nested(n === 0 ? '' : `*x${n - 1}`)}`).join('\n')
}
