import { describe, expect, it } from 'vitest'
import { readManifest } from '#core/manifest/read.ts'
import { deployed, documentOf } from '../../support/manifests.ts'

const least = `apiVersion: gatehouse/v1
kind: MicroApp
metadata:
  name: shop
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams:
    - { name: stable, url: https://shop.example.com }
  webhooks:
    github:
      scheme: github
      secrets: [current]
      path: /hooks
`

const read = (text: string) => readManifest(text, 'shop.yaml', deployed)
const problemsOf = (text: string) => {
  const result = read(text)
  return result.kind === 'refused' ? result.problems : []
}
const placesOf = (text: string) => problemsOf(text).map(({ line, path }) => `${line} ${path}`)

describe('a manifest in YAML', () => {
  it('is read as its author wrote it, without defaults filled in', () => {
    expect(read(least)).toMatchObject({ kind: 'accepted', document: documentOf() })
    const result = read(least)
    expect(result.kind === 'accepted' && result.document).toEqual(documentOf())
  })

  it('may be JSON', () => {
    expect(read(JSON.stringify(documentOf())).kind).toBe('accepted')
  })

  it('may use aliases in moderation', () => {
    const text = least.replace('secrets: [current]', 'secrets: &s [current]')
    expect(read(`${text}    other: { scheme: github, secrets: *s, path: /x }\n`).kind).toBe('accepted')
  })

  it('reads an unquoted date as its text', () => {
    expect(read(least.replace('stage: sandbox', 'stage: sandbox, expiresAt: 2027-02-28')).kind).toBe('accepted')
  })
})

describe('every problem comes with file and line', () => {
  it('of the field that is wrong', () => {
    const text = least.replace('path: /hooks', 'path: hooks').replace('scheme: github', 'scheme: gitbuh')
    expect(placesOf(text)).toEqual(['12 spec.webhooks.github.scheme', '14 spec.webhooks.github.path'])
    expect(problemsOf(text)[0]).toMatchObject({ file: 'shop.yaml', remedy: 'Did you mean `github`?' })
  })

  it('of an item of a list', () => {
    expect(placesOf(least.replace('secrets: [current]', 'secrets:\n        - current\n        - Not-A-Name'))).toEqual([
      '15 spec.webhooks.github.secrets[1]',
    ])
  })

  it('of the nearest thing that is there, when the field is missing', () => {
    expect(placesOf(least.replace('      path: /hooks\n', ''))).toEqual(['11 spec.webhooks.github.path'])
    expect(placesOf(least.slice(0, least.indexOf('spec:')))).toEqual(['1 spec'])
  })

  it('of an unknown key', () => {
    expect(placesOf(`${least}  webhoks: {}\n`)).toEqual(['15 spec.webhoks'])
  })

  it('past comments and blank lines', () => {
    expect(placesOf(`# a comment\n\n${least.replace('/hooks', 'hooks')}`)).toEqual(['16 spec.webhooks.github.path'])
  })

  it('in the order of the lines', () => {
    const text = `${least.replace('MicroApp', 'Macro').replace('/hooks', 'x')}  oops: 1\n`
    const lines = problemsOf(text).map(({ line }) => line)
    expect(lines).toEqual([2, 14, 15])
  })
})

describe('what is no manifest at all is refused, never thrown', () => {
  it.each([
    ['nothing', '', 1],
    ['a list', '[]', 1],
    ['a text', 'hello', 1],
    ['a duplicate key', 'a: 1\na: 2\n', 2],
    ['a tab for indentation', 'a:\n\tb: 1\n', 2],
    ['an unclosed bracket', 'a: [1, 2\n', 2],
    ['two documents', 'a: 1\n---\nb: 2\n', 2],
    ['an unknown tag', 'a: !!js/function x\n', 1],
    ['a key that is no text', '? [a]\n: b\n', 1],
    ['a list that holds itself', 'a: &a [*a]\n', 1],
  ])('%s', (_, text, line) => {
    const problems = problemsOf(text)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems[0]).toMatchObject({ file: 'shop.yaml', line })
  })

  it('an alias to nothing', () => {
    expect(problemsOf('a: *nope\n')).toMatchObject([{ file: 'shop.yaml', path: '(document)' }])
  })

  it('an alias bomb', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [name, last] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg'])
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${last}`).join(', ')}]`)
    expect(problemsOf(bomb.join('\n'))).toMatchObject([{ file: 'shop.yaml', path: '(document)' }])
  })

  it('nesting deeper than the stack', () => {
    expect(read('['.repeat(5_000)).kind).toBe('refused')
    expect(read('a: {b: '.repeat(1_000)).kind).toBe('refused')
  })

  it('more faults than anybody reads: the first hundred are listed', () => {
    expect(problemsOf(Array.from({ length: 500 }, (_, n) => `x${n}: 1`).join('\n'))).toHaveLength(100)
  })

  it('text that is not Unicode, and numbers that are none: they have no digest', () => {
    for (const value of ['"\\ud800"', '.nan', '.inf']) {
      const text = least.replace('  name: shop', `  name: shop\n  labels: { odd: ${value} }`)
      expect(
        problemsOf(text).map(({ reason }) => reason),
        value,
      ).toContainEqual(expect.stringContaining('no canonical form'))
    }
  })

  it('a text over 262,144 characters, unparsed', () => {
    expect(problemsOf(`${least}#${'x'.repeat(262_144)}`)).toMatchObject([
      { reason: 'is longer than 262144 characters' },
    ])
    expect(read(`${least}#${'x'.repeat(262_144 - least.length - 1)}`).kind).toBe('accepted')
  })

  it('a merge key or a prototype, which would smuggle fields in', () => {
    expect(placesOf(`${least}<<: { a: 1 }\n`)).toEqual(['15 <<'])
    expect(placesOf(`${least}__proto__: { a: 1 }\n`)).toEqual(['15 __proto__'])
  })
})
