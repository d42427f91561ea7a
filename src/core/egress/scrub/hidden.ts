import { utf8Bytes } from '#core/encoding.ts'
import { Recent } from '#core/recent.ts'
import { spellings } from './spellings.ts'

const percent = 0x25

/** A shorter text stands in every answer by chance; blotting it out would only spoil them. */
const minCharacters = 4

/** Texts that are looked for, made ready once: their table of starts is too large to be made for each answer. */
export interface Hidden {
  readonly spellings: readonly Uint8Array[]
  /** As they are, for what percent-encoding makes of them. */
  readonly plain: readonly Uint8Array[]
  /** Pairs of bytes with which some spelling begins: nearly every place of an answer is passed by on one look. */
  readonly starts: Uint8Array
  readonly firsts: Uint8Array
  readonly longest: number
}

/** As many tables of 64 KiB as an isolate can spare. */
const made = new Recent<Hidden>(64)

export function hiddenOf(texts: readonly string[]): Hidden {
  return made.get(texts.join('\n'), () => ready(texts))
}

function ready(given: readonly string[]): Hidden {
  const texts = [...new Set(given)].filter(text => text.length >= minCharacters)
  const spelled = texts.flatMap(spellings)
  const plain = texts.map(utf8Bytes)
  const starts = new Uint8Array(65_536)
  const firsts = new Uint8Array(256)
  const mark = (first: number, second: number) => {
    starts[(first << 8) | second] = 1
    firsts[first] = 1
  }
  for (const [first = 0, second = 0] of spelled) mark(first, second)
  for (const [first = 0] of plain) {
    mark(first, percent)
    for (const digit of hexDigits(first >> 4)) mark(percent, digit)
  }
  const longest = Math.max(0, ...spelled.map(each => each.length), ...plain.map(each => each.length * 3))
  return { spellings: spelled, plain, starts, firsts, longest }
}

/** The digit of a value, in either case. */
function hexDigits(value: number): number[] {
  const digit = value.toString(16)
  return [digit.charCodeAt(0), digit.toUpperCase().charCodeAt(0)]
}
