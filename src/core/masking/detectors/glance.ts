import { mayEndName } from './secrets/named.ts'
import { tokenLength } from './signs.ts'

/** No built-in type is in the text, whatever it is called. */
export const harmless = 0
/** No built-in type is in it, unless its name says that it is a secret. */
export const unspaced = 1
/** It must be searched. */
export const telling = 2
/** It holds an escape, or has no end: nothing is told. */
export const escaped = 3

const quote = 1 | 16
/** Without a digit, a sign of these or a letter that folds into one there is next to nothing to find. */
const hint = 2
const capital = 4
const blank = 8
/** Ends what keys and tokens are made of. */
const gap = 16

const marks = new Uint8Array(128).fill(gap)
for (const [characters, mark] of [
  ['abcdefghijklmnopqrstuvwxyz_+~!$/.', 0],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', capital],
  ['0123456789@%:=-', hint],
  [' ', gap | blank],
  ['"\\', quote],
] as const) {
  for (const character of characters) marks[character.charCodeAt(0)] = mark
}

/**
 * The first look at a string within JSON, which finds its end and settles most strings: words without digits, without
 * signs, in small letters. One pass, a few instructions for each character, and nothing is copied.
 *
 * @param start after the opening quote
 * @returns where the string ends, or its first escape stands, times four, and what was seen
 */
export function glance(text: string, start: number): number {
  return look(text, start, true, beginsOddly(text.charCodeAt(start)) ? hint : 0)
}

/** The same look at a text that is no JSON, as a whole. */
export function isHarmless(text: string): boolean {
  return (look(text, 0, false, 0) & 3) < telling
}

function look(text: string, start: number, isString: boolean, first: number): number {
  const { length } = text
  let seen = first
  let inARow = 0
  let last = 0
  let word = start
  let at = start
  for (; at < length; at++) {
    const code = text.charCodeAt(at)
    const mark = code < 128 ? (marks[code] as number) : markBeyond(code)
    if (mark >= gap) {
      if (mark === quote && isString) break
      if (at - word >= tokenLength || ((mark & blank) !== 0 && isVerb(text, word, at))) seen |= hint
      word = at + 1
    }
    seen |= mark
    inARow |= mark & last
    last = mark
  }
  if (isString && (at === length || text.charCodeAt(at) === 92)) return at * 4 + escaped
  if ((seen & hint) !== 0 || (inARow & capital) !== 0 || at - word >= tokenLength) return at * 4 + telling
  return at * 4 + ((seen & blank) === 0 ? unspaced : harmless)
}

/** Might it be JSON of its own? */
const beginsOddly = (code: number) => code <= 32 || code === 91 || code === 123

/** Letters of other scripts tell nothing; what folds into ASCII might. */
function markBeyond(code: number): number {
  const isLetter = (code > 0xad && code < 0x660) || (code > 0x2015 && code < 0x202f) || (code > 0x3000 && code < 0xfe63)
  return isLetter ? gap : gap | hint
}

/** `is` or `was`, after what may be the name of a secret. */
function isVerb(text: string, word: number, end: number): boolean {
  const length = end - word
  if ((length !== 2 && length !== 3) || text.charCodeAt(end - 1) !== 115 || text.charCodeAt(word - 1) !== 32)
    return false
  const isOne = length === 2 ? text.charCodeAt(word) === 105 : text.startsWith('wa', word)
  return isOne && mayEndName(text, word - 1)
}
