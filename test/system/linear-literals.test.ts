import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkSync } from 'recheck'
import { parseSync, Visitor } from 'vite'
import { expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { alternatives } from '../support/node/alternatives.ts'

/** The checker as JavaScript, since its other forms start another process for each pattern. */
process.env.RECHECK_BACKEND = 'pure'

/** Would be slow on a text without end, or the checker is not sure; and why the texts that they see have one. */
const onShortTexts = new Map([
  ['\\d*$', 'the spelling of one number'],
  ['%.*$', 'one address, its zone of at most 15'],
  ['[.)\\]}]+$', 'one value, of at most 512'],
  ['[\\r\\n]+$', 'one line, and how it ends'],
  ['"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"', 'JSON that was read, in which every string ends'],
  ['(?<!\\\\)"((?:prompt_)?logprobs(?:Result)?)"\\s*:\\s*(?=[[{])', 'the same: blanks stand after few names'],
])

/** The patterns that the code of masking writes out, rows apart, where they may repeat without end. */
function literals(): string[] {
  const folder = join(root, 'src/core/masking')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const found = new Set<string>()
  for (const file of files.filter(name => name.endsWith('.ts') && !name.endsWith('rows.ts'))) {
    const { program } = parseSync(file, readFileSync(join(folder, file), 'utf8'), { lang: 'ts' })
    const visitor = new Visitor({
      Literal(node) {
        if ('regex' in node && node.regex) for (const one of alternatives(node.regex.pattern)) found.add(one)
      },
    })
    visitor.visit(program)
  }
  return [...found].filter(isEndless)
}

function isEndless(source: string): boolean {
  return /[+*]|\{\d+,\}/.test(source.replaceAll(/\\.|\[(?:\\.|[^\]])*\]/g, 'x'))
}

it('every pattern in the code of masking that may repeat without end takes linear time, or sees short texts only', () => {
  const found = literals().map(source => ({ source, status: checkSync(source, '', { timeout: 30_000 }).status }))
  expect(found.length).toBeGreaterThan(15)
  const slow = found.filter(({ status }) => status !== 'safe').map(({ source }) => source)
  expect(slow.filter(source => !onShortTexts.has(source))).toEqual([])
}, 240_000)
