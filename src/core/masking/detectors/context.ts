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

/** What the whole text is called: a JSON key, a form field's or a header's name. */
class Key {
  readonly #words: string
  readonly #said = new Map<RegExp, number | undefined>()

  constructor(key: string) {
    this.#words = plainWords(key.slice(-before))
  }

  /** Does it hold one of these words? */
  says(words: ContextWords): boolean {
    return this.#lastEnd(words) !== undefined
  }

  /** Is its last word one of these? A `password` is one, a `passwordChangedAt` is none. */
  endsWith(words: ContextWords): boolean {
    return this.#lastEnd(words) === this.#words.length
  }

  #lastEnd(words: ContextWords): number | undefined {
    if (!this.#said.has(words)) this.#said.set(words, lastEnd(words, this.#words))
    return this.#said.get(words)
  }
}

const keys = new Map<string, Key>()

function keyOf(name: string): Key | undefined {
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
  readonly #text: string
  #start = -1
  #end = -1
  #before = ''
  #after = ''

  /** @param name what the whole text is called, or nothing */
  constructor(text: string, name: string) {
    this.#text = text
    this.key = keyOf(name)
  }

  /**
   * How far the nearest of these words is from the value, in characters; a key's words are near.
   *
   * @returns a number below 128, or undefined if no such word is there
   */
  distance(words: ContextWords, start: number, end: number): number | undefined {
    if (start !== this.#start || end !== this.#end) this.#look(start, end)
    const near = this.#before === '' ? undefined : lastEnd(words, this.#before)
    if (near !== undefined) return this.#before.length - near
    if (this.key?.says(words)) return before
    if (this.#after === '') return undefined
    words.lastIndex = 0
    const following = words.exec(this.#after)
    return following ? behind + following.index : undefined
  }

  #look(start: number, end: number): void {
    this.#start = start
    this.#end = end
    this.#before = plainWords(this.#text.slice(Math.max(0, start - before), start))
    this.#after = plainWords(this.#text.slice(end, end + after))
  }
}

function lastEnd(words: ContextWords, text: string): number | undefined {
  let end: number | undefined
  words.lastIndex = 0
  for (let match = words.exec(text); match; match = words.exec(text)) end = match.index + match[0].length
  return end
}

/** `taxId`, `tax_id` and `TAX-ID` as `tax id`. */
function plainWords(text: string): string {
  if (text === '') return text
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase()
}
