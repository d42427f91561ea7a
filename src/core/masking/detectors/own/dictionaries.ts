import { AhoCorasick } from '@monyone/aho-corasick'
import type { Claim } from '../finding.ts'
import { TextTooLong } from './too-long.ts'

/** Words and phrases that are `CUSTOM`, with this name as their subtype, wherever they stand as whole words. */
export interface Dictionary {
  readonly name: string
  readonly words: readonly string[]
}

/** A dictionary's bounds; with them a text costs at most one step for each character and each word that ends there. */
export const maxWords = 10_000
export const maxWordLength = 100
/** The longest text that dictionaries read. */
export const maxDictionaryText = 1_048_576
const priority = 10

/** The search for one dictionary's words, all at once (Aho and Corasick, 1975), whatever their case. */
export function dictionarySearch({ name, words }: Dictionary): (text: string, claims: Claim[]) => void {
  const isTooLarge = words.length > maxWords || words.some(word => word.length > maxWordLength || word.length === 0)
  if (isTooLarge) throw new Error(`dictionary ${name}: at most ${maxWords} words of 1 to ${maxWordLength} characters`)
  const automaton = new AhoCorasick(words.map(lowerCase))
  return (text, claims) => {
    if (text.length > maxDictionaryText) throw new TextTooLong(maxDictionaryText)
    for (const { begin: start, end } of automaton.matchInText(lowerCase(text))) {
      if (isWhole(text, start, end)) claims.push({ type: 'CUSTOM', subtype: name, start, end, priority })
    }
  }
}

/** Lower case, one code unit for one: the few letters that would grow stay as they are. */
function lowerCase(text: string): string {
  const lower = text.toLowerCase()
  if (lower.length === text.length) return lower
  return [...text]
    .map(letter => (letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter))
    .join('')
}

const inWord = /[\p{L}\p{N}_]/u

function isWhole(text: string, start: number, end: number): boolean {
  const isBound = (inner: string, outer: string) => !inWord.test(inner) || !inWord.test(outer)
  return isBound(text.charAt(start), text.charAt(start - 1)) && isBound(text.charAt(end - 1), text.charAt(end))
}
