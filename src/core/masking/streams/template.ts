import { type Fragment, fragmentsOf } from './fragments.ts'

/** Stands in for a text to see where it stands. */
const probe = 'probe'
/** What a string spells with an escape, or may not hold at all. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids these
const unplain = /["\\\u0000-\u001f]/
/** What is judged anew in each message: pieces that repeat a text, tokens of the app. */
const alive = /logprobs|GHT_/i

/** A message that is like the last ones in all but its text. */
export interface Alike {
  readonly fragment: Fragment
  readonly said: string
  /** The message with another text, given as JSON spells it. */
  with(spelling: string): string
}

/**
 * What messages of a stream have in common. Models send one small message for each word, and they differ in nothing
 * but the word: once two in a row were read whole, the next need not be.
 */
export class Template {
  #last: { readonly text: string; readonly said: string } | undefined
  #known: { readonly head: string; readonly tail: string; readonly fragment: Fragment } | undefined

  match(text: string): Alike | undefined {
    if (!this.#known) return undefined
    const { head, tail, fragment } = this.#known
    const said = between(text, head, tail)
    return said === undefined ? undefined : { fragment, said, with: spelling => head + spelling + tail }
  }

  /** Takes a message in which nothing was touched but the one text that it brings. */
  learn(text: string, fragment: Fragment): void {
    const last = this.#last
    this.#last = { text, said: fragment.text }
    if (!last) return
    const at = last.text.lastIndexOf(`"${last.said}"`) + 1
    const head = last.text.slice(0, at)
    const tail = last.text.slice(at + last.said.length)
    if (at === 0 || between(text, head, tail) !== fragment.text || alive.test(head + tail)) return
    const [only, another] = fragmentsOf(parsed(head + probe + tail))
    if (only?.text === probe && only.channel === fragment.channel && !another) this.#known = { head, tail, fragment }
  }
}

/** A message as JSON tells it; `undefined` where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function between(text: string, head: string, tail: string): string | undefined {
  const length = text.length - head.length - tail.length
  if (length < 0 || !text.startsWith(head) || !text.endsWith(tail)) return undefined
  const said = text.slice(head.length, head.length + length)
  return unplain.test(said) ? undefined : said
}
