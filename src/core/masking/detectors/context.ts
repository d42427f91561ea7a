/** How far from a value, in characters, the words may stand that tell what it is. */
const before = 64
const after = 32
/** A word after the value tells less than one before it. */
const behind = 40
/** Keys of which is remembered what they say; a document has few. */
const remembered = 1_000

/** Words and phrases, one of which must stand beside a value. They are written in lower case. */
export type ContextWords = RegExp

/** `['tax id', 'tin']` as one expression; a blank in a phrase may be any one or two characters between words. */
export function contextWords(words: readonly string[]): ContextWords {
  const phrases = words.map(word => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', "[ .:'#-]{0,2}"))
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${phrases.join('|')})(?![\\p{L}])`, 'gu')
}

/** All of these words as one expression. */
export function anyOf(words: readonly ContextWords[]): ContextWords {
  return new RegExp(words.map(({ source }) => source).join('|') || '(?!)', 'gu')
}

/** What the whole text is called: a JSON key, a form field's or a header's name. */
export class Key {
  /** Which secret the text is by this name; settled when first asked. */
  secret: 'password' | 'generic_secret' | 'none' | undefined
  readonly #words: string
  /** Where the last of these words ends, or -1. */
  readonly #said = new Map<RegExp, number>()

  constructor(key: string) {
    this.#words = plainWords(key.slice(-before))
  }

  /** Does it hold one of these words? */
  says(words: ContextWords): boolean {
    return this.#lastEnd(words) >= 0
  }

  /** Is its last word one of these? A `password` is one, a `passwordChangedAt` is none. */
  endsWith(words: ContextWords): boolean {
    return this.#lastEnd(words) === this.#words.length
  }

  #lastEnd(words: ContextWords): number {
    const known = this.#said.get(words)
    if (known !== undefined) return known
    const end = lastEnd(words, this.#words) ?? -1
    this.#said.set(words, end)
    return end
  }
}

const keys = new Map<string, Key>()

/** What is known of a name, or nothing for an empty one. */
export function keyOf(name: string): Key | undefined {
  if (name === '') return undefined
  const known = keys.get(name)
  if (known) return known
  if (keys.size >= remembered) keys.clear()
  const made = new Key(name)
  keys.set(name, made)
  return made
}

/** What stands beside one stretch of a text, read only when a detector asks. */
export class Surroundings {
  readonly key: Key | undefined
  /** There is no word in digits alone. */
  readonly #hasLetter: boolean
  readonly #text: string
  #start = -1
  #end = -1
  #before = ''
  #after = ''
  /** What was asked about the same start; a number's several ends share it. */
  #nearest: Map<ContextWords, number | undefined> | undefined

  /** @param name what the whole text is called, or nothing */
  constructor(text: string, name: string, hasLetter = true) {
    this.#text = text
    this.key = keyOf(name)
    this.#hasLetter = hasLetter
  }

  /** Whether one of these words may stand anywhere, before anybody looks. */
  mayTell(words: ContextWords | undefined): boolean {
    return words !== undefined && (this.#hasLetter || this.key?.says(words) === true)
  }

  /**
   * How far the nearest of these words is from the value, in characters; a key's words are near.
   *
   * @returns a number below 128, or undefined if no such word is there
   */
  distance(words: ContextWords, start: number, end: number): number | undefined {
    const near = this.#hasLetter ? this.#distanceBefore(words, start) : undefined
    if (near !== undefined) return near
    if (this.key?.says(words)) return before
    if (!this.#hasLetter) return undefined
    if (end !== this.#end) {
      this.#end = end
      this.#after = plainWords(this.#text.slice(end, end + after))
    }
    if (this.#after === '') return undefined
    words.lastIndex = 0
    const following = words.exec(this.#after)
    return following ? behind + following.index : undefined
  }

  #distanceBefore(words: ContextWords, start: number): number | undefined {
    if (start !== this.#start) {
      this.#start = start
      this.#before = plainWords(this.#text.slice(Math.max(0, start - before), start))
      this.#nearest = undefined
    }
    if (this.#before === '') return undefined
    this.#nearest ??= new Map()
    if (!this.#nearest.has(words)) {
      const end = lastEnd(words, this.#before)
      this.#nearest.set(words, end === undefined ? undefined : this.#before.length - end)
    }
    return this.#nearest.get(words)
  }
}

function lastEnd(words: ContextWords, text: string): number | undefined {
  let end: number | undefined
  words.lastIndex = 0
  for (let match = words.exec(text); match; match = words.exec(text)) end = match.index + match[0].length
  return end
}

const anyLetter = /\p{L}/u

/** `taxId`, `tax_id` and `TAX-ID` as `tax id`; nothing, where there is no letter. */
function plainWords(text: string): string {
  if (!anyLetter.test(text)) return ''
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase()
}
