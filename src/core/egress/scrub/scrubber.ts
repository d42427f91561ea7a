import { utf8Bytes } from '#core/encoding.ts'
import { percentMatch } from './percent.ts'
import { perByte, spellings } from './spellings.ts'

const star = 0x2a

/** A shorter text stands in every answer by chance; blotting it out would only spoil them. */
const minCharacters = 4

/** Blots out hidden texts in what an answer holds, however they are spelled; each byte becomes `*`, so no length changes. */
export class Scrubber {
  readonly #spellings: readonly string[]
  readonly #percented: readonly string[]
  readonly #longest: number
  #held: Uint8Array = new Uint8Array()
  /** How many places were blotted out so far. */
  count = 0

  constructor(hidden: readonly string[]) {
    const texts = [...new Set(hidden)].filter(text => text.length >= minCharacters)
    this.#spellings = [...new Set(texts.flatMap(spellings))]
    this.#percented = texts.map(text => perByte(utf8Bytes(text)))
    this.#longest = Math.max(
      0,
      ...this.#spellings.map(text => text.length),
      ...this.#percented.map(text => text.length * 3),
    )
  }

  /** A header's value without the hidden texts. */
  text(value: string): string {
    const bytes = utf8Bytes(value)
    const before = this.count
    this.#blot(bytes, perByte(bytes))
    return this.count === before ? value : new TextDecoder().decode(bytes)
  }

  /**
   * The next piece of an answer without the hidden texts, also where pieces cut through one. Only what may
   * be the beginning of a hidden text is held back until the next piece, so events reach the app as they come.
   */
  piece(piece: Uint8Array): Uint8Array {
    const bytes = joined(this.#held, piece)
    const text = perByte(bytes)
    const from = this.#openEnd(text, this.#blot(bytes, text))
    this.#held = bytes.slice(from)
    return bytes.subarray(0, from)
  }

  /** What was held back, once no more comes. */
  rest(): Uint8Array {
    const held = this.#held
    this.#held = new Uint8Array()
    return held
  }

  /** Blots out every whole match. @returns where the last one ends */
  #blot(bytes: Uint8Array, text: string): number {
    let end = 0
    const blot = (from: number, to: number) => {
      bytes.fill(star, from, to)
      this.count += 1
      end = Math.max(end, to)
    }
    for (const spelling of this.#spellings) {
      for (let at = text.indexOf(spelling); at >= 0; at = text.indexOf(spelling, at + spelling.length))
        blot(at, at + spelling.length)
    }
    if (!text.includes('%')) return end
    for (const plain of this.#percented) {
      for (const at of starts(text, plain)) {
        const to = percentMatch(text, at, plain)
        if (typeof to === 'number' && to - at > plain.length) blot(at, to)
      }
    }
    return end
  }

  /** Where a hidden text may have begun whose rest is still to come; the end of the text where none has. */
  #openEnd(text: string, after: number): number {
    for (let at = Math.max(after, text.length - this.#longest + 1); at < text.length; at++) {
      const rest = text.length - at
      if (
        this.#spellings.some(
          each =>
            each.length > rest && each.charCodeAt(0) === text.charCodeAt(at) && text.endsWith(each.slice(0, rest)),
        )
      )
        return at
      if (this.#percented.some(plain => percentMatch(text, at, plain) === 'open')) return at
    }
    return text.length
  }
}

/** The places where a match can begin: its first character, or an escape. */
function* starts(text: string, plain: string): Generator<number> {
  for (const first of new Set([plain[0] ?? '%', '%'])) {
    for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) yield at
  }
}

function joined(held: Uint8Array, chunk: Uint8Array): Uint8Array {
  const whole = new Uint8Array(held.length + chunk.length)
  whole.set(held)
  whole.set(chunk, held.length)
  return whole
}
