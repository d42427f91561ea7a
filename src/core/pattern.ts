import { RE2JS } from '@bufbuild/re2'
import { spansOf } from './pattern-spans.ts'
import { Recent } from './recent.ts'

/** A longer pattern, or one that compiles to more instructions, is a program of its own. */
const maxCharacters = 512
const maxInstructions = 1_100
/** Patterns that an isolate remembers. */
const remembered = 500

/** A regular expression whose matching takes time linear in the text, whatever the text. */
export interface Pattern {
  test(text: string): boolean
  /**
   * Where it matches: leftmost first, without overlap, empty matches left out; offsets in UTF-16 code units.
   *
   * @throws OutOfSteps where the text would take about a second
   */
  spans(text: string): Iterable<readonly [start: number, end: number]>
  /** What a test of this text costs at worst: every instruction is tried for every character. */
  steps(text: string): number
}

const recent = new Recent<Pattern | string>(remembered)

/**
 * Compiles a pattern in RE2's syntax, which has no look-around and no back-references. JavaScript's own
 * engine backtracks: a text from a stranger could keep it busy for hours.
 *
 * @returns the pattern, or why it cannot be one
 */
export function compilePattern(text: string): Pattern | string {
  if (text.length > maxCharacters) return `the pattern is longer than ${maxCharacters} characters`
  return recent.get(text, compiled)
}

function compiled(text: string): Pattern | string {
  try {
    const regex = RE2JS.compile(re2Syntax(text))
    const instructions = regex.re2().prog.numInst()
    if (instructions > maxInstructions) return `the pattern is too large: ${instructions} instructions`
    return {
      test: subject => regex.test(subject),
      spans: subject => spansOf(regex.re2().prog, subject),
      steps: subject => 1 + ((subject.length * instructions) >> 2),
    }
  } catch (error) {
    return `the pattern is not in RE2's syntax: ${error instanceof Error ? error.message : error}`
  }
}

/** JavaScript's `\u0041`, `\u{41}` and `\cA` in RE2's spelling, so that patterns need not be rewritten for them. */
function re2Syntax(text: string): string {
  return text.replaceAll(
    /\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|c([A-Za-z])|[\s\S])/g,
    (whole, braced, plain, control) => {
      if (control) return `\\x{${(control.charCodeAt(0) % 32).toString(16)}}`
      return (braced ?? plain) ? `\\x{${braced ?? plain}}` : whole
    },
  )
}
