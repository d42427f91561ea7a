import type { RE2JS } from '@bufbuild/re2'
import { Steps } from './steps.ts'

type Program = ReturnType<RE2JS['re2']>['prog']

/** RE2's instructions, as its compiler numbers them. */
const alternatives: readonly number[] = [1, 2]
const assertion = 4
const matched = 6
const passing: readonly number[] = [3, 7]

/** RE2's assertions about a place between two characters. */
const beginLine = 1
const endLine = 2
const beginText = 4
const endText = 8
const atWordEdge = 16
const insideWord = 32

/** The most instructions that finding all matches in one text may try: about a second. */
const maxSteps = 5_000_000

/** Threads in order of preference: where each stands in the program, and where its match began. */
interface Threads {
  readonly at: number[]
  readonly from: number[]
}

/**
 * Where a program matches, leftmost first and without overlap, as `RegExp.prototype[Symbol.matchAll]` would
 * say; empty matches are left out. All threads step together, so no text makes one attempt slow (Thompson
 * 1968, Pike 1987); the library itself only tells whether there is a match.
 *
 * @throws OutOfSteps where many attempts would each read far
 */
export function* spansOf(program: Program, text: string): Generator<readonly [start: number, end: number]> {
  const steps = new Steps(maxSteps)
  for (let from = 0; from <= text.length; ) {
    const span = nextSpan(program, text, from, steps)
    if (!span) return
    if (span[1] > span[0]) yield span
    from = Math.max(span[1], span[0] + 1)
  }
}

function nextSpan(program: Program, text: string, from: number, steps: Steps): readonly [number, number] | undefined {
  const marks = new Int32Array(program.numInst()).fill(-1)
  let current: Threads = { at: [], from: [] }
  let found: readonly [number, number] | undefined
  for (let index = from; index <= text.length; ) {
    const rune = text.codePointAt(index) ?? -1
    const width = rune > 0xffff ? 2 : 1
    // the newest thread is the least preferred, and none begins once a match is known
    if (!found) follow(program, program.start, index, placeAt(text, index), current, marks, index)
    if (current.at.length === 0 && found) return found
    const next: Threads = { at: [], from: [] }
    const place = placeAt(text, index + width)
    steps.spend(current.at.length + 1)
    for (const [order, at] of current.at.entries()) {
      const start = current.from[order] ?? 0
      const instruction = program.getInst(at)
      if (instruction.op === matched) {
        found = [start, index]
        break
      }
      if (rune >= 0 && instruction.matchRune(rune))
        follow(program, instruction.out, start, place, next, marks, index + width)
    }
    if (rune < 0) break
    current = next
    index += width
  }
  return found
}

/** Adds a thread wherever it may stand without reading, its preferred way first, each place once. */
function follow(
  program: Program,
  first: number,
  start: number,
  place: number,
  into: Threads,
  marks: Int32Array,
  mark: number,
): void {
  const open = [first]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (marks[at] === mark) continue
    marks[at] = mark
    const { op, out, arg } = program.getInst(at)
    if (alternatives.includes(op)) open.push(arg, out)
    else if (passing.includes(op)) open.push(out)
    else if (op === assertion) {
      if ((arg & ~place) === 0) open.push(out)
    } else {
      into.at.push(at)
      into.from.push(start)
    }
  }
}

/** What holds of a place in the text, as RE2 asks it. */
function placeAt(text: string, index: number): number {
  const before = text.charCodeAt(index - 1)
  const after = text.charCodeAt(index)
  return (
    (index === 0 ? beginText | beginLine : before === 10 ? beginLine : 0) |
    (index >= text.length ? endText | endLine : after === 10 ? endLine : 0) |
    (isWord(before) === isWord(after) ? insideWord : atWordEdge)
  )
}

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
}
