import { compilePattern, type Pattern } from '#core/pattern.ts'
import type { Claim } from '../finding.ts'
import { TextTooLong } from './too-long.ts'

/** A pattern in RE2's syntax; what it matches is `CUSTOM` with this name as its subtype. */
export interface CustomPattern {
  readonly name: string
  readonly pattern: string
}

/** The longest text that own patterns read: each costs up to its number of instructions for every character. */
export const maxPatternText = 262_144
/** What an operator asks for by name is surer than what a built-in row guesses. */
const priority = 10

/**
 * The search for one own pattern, in linear time.
 *
 * @throws Error if the pattern cannot be compiled; `compilePattern` tells why at publish
 */
export function patternSearch({ name, pattern }: CustomPattern): (text: string, claims: Claim[]) => void {
  const compiled: Pattern | string = compilePattern(pattern)
  if (typeof compiled === 'string') throw new Error(`own pattern ${name}: ${compiled}`)
  return (text, claims) => {
    if (text.length > maxPatternText) throw new TextTooLong(maxPatternText)
    if (!compiled.test(text)) return
    for (const [start, end] of compiled.spans(text))
      claims.push({ type: 'CUSTOM', subtype: name, start, end, priority })
  }
}
