/** How far from a value, in characters, the words may stand that tell what it is. */
const before = 64
const after = 32
/** A word after the value tells less than one before it. */
const behind = 40
/** Keys whose words are remembered; a document has few. */
const remembered = 1_000

/** Words and phrases, one of which must stand beside a value. They are written in lower case. */
export type ContextWords = RegExp

/** `['tax id', 'tin']` as one expression; a blank in a phrase may be any one or two characters between words. */
export function contextWords(words: readonly string[]): ContextWords {
  const phrases = words.map(word => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', "[ .:'#-]{0,2}"))
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${phrases.join('|')})(?![\\p{L}])`, 'gu')
}

const known = new Map<string, string>()

/** What stands beside one stretch of a text, read only when a detector asks. */
export class Surroundings {
  readonly #text: string
  readonly #key: string
  #start = -1
  #end = -1
  #before = ''
  #after = ''

  /** @param key what the whole text is called, e.g. a JSON key */
  constructor(text: string, key: string) {
    this.#text = text
    this.#key = key === '' ? '' : keyWords(key)
  }

  /**
   * How far the nearest of these words is from the value, in characters; a key's words are near.
   *
   * @returns a number below 128, or undefined if no such word is there
   */
  distance(words: ContextWords, start: number, end: number): number | undefined {
    this.#look(start, end)
    const near = last(words, this.#before)
    if (near !== undefined) return this.#before.length - near
    if (this.isCalled(words)) return before
    words.lastIndex = 0
    const following = words.exec(this.#after)
    return following ? behind + following.index : undefined
  }

  /** Does the key of the whole text hold one of these words? */
  isCalled(words: ContextWords): boolean {
    return this.#key !== '' && last(words, this.#key) !== undefined
  }

  /** Is the last of the key's words one of these? A `password` is one, a `passwordChangedAt` is none. */
  endsWith(words: ContextWords): boolean {
    return last(words, this.#key) === this.#key.length
  }

  /** Does the key, in plain words, match this? */
  isNamed(pattern: RegExp): boolean {
    return this.#key !== '' && pattern.test(this.#key)
  }

  #look(start: number, end: number): void {
    if (start === this.#start && end === this.#end) return
    this.#start = start
    this.#end = end
    this.#before = plainWords(this.#text.slice(Math.max(0, start - before), start))
    this.#after = plainWords(this.#text.slice(end, end + after))
  }
}

function last(words: ContextWords, text: string): number | undefined {
  let end: number | undefined
  words.lastIndex = 0
  for (let match = words.exec(text); match; match = words.exec(text)) end = match.index + match[0].length
  return end
}

function keyWords(key: string): string {
  const words = known.get(key)
  if (words !== undefined) return words
  if (known.size >= remembered) known.clear()
  const made = plainWords(key.slice(-before))
  known.set(key, made)
  return made
}

/** `taxId`, `tax_id` and `TAX-ID` as `tax id`. */
function plainWords(text: string): string {
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase()
}
