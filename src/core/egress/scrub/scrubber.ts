import { utf8Bytes } from '#core/encoding.ts'
import { percentMatch } from './percent.ts'
import { spellings } from './spellings.ts'

const star = 0x2a
const percent = 0x25

/** A shorter text stands in every answer by chance; blotting it out would only spoil them. */
const minCharacters = 4

/** Blots out hidden texts in what an answer holds, however they are spelled; each byte becomes `*`, so no length changes. */
export class Scrubber {
  readonly #spellings: readonly Uint8Array[]
  readonly #plain: readonly Uint8Array[]
  /** Pairs of bytes with which some spelling begins: nearly every place of an answer is passed by on one look. */
  readonly #starts = new Uint8Array(65_536)
  readonly #firsts = new Uint8Array(256)
  readonly #longest: number
  #held: Uint8Array = new Uint8Array()
  /** How many places were blotted out so far. */
  count = 0

  constructor(hidden: readonly string[]) {
    const texts = [...new Set(hidden)].filter(text => text.length >= minCharacters)
    this.#spellings = texts.flatMap(spellings)
    this.#plain = texts.map(utf8Bytes)
    this.#longest = Math.max(
      0,
      ...this.#spellings.map(each => each.length),
      ...this.#plain.map(each => each.length * 3),
    )
    for (const [first = 0, second = 0] of this.#spellings) this.#mark(first, second)
    for (const [first = 0] of this.#plain) {
      this.#mark(first, percent)
      for (const digit of hexDigits(first >> 4)) this.#mark(percent, digit)
    }
  }

  /** A header's value without the hidden texts. */
  text(value: string): string {
    const bytes = utf8Bytes(value)
    const before = this.count
    this.#blot(bytes)
    return this.count === before ? value : new TextDecoder().decode(bytes)
  }

  /**
   * The next piece of an answer without the hidden texts, also where pieces cut through one. Only what may
   * be the beginning of a hidden text is held back until the next piece, so events reach the app as they come.
   */
  piece(piece: Uint8Array): Uint8Array {
    const bytes = joined(this.#held, piece)
    const from = this.#openEnd(bytes, this.#blot(bytes))
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
  #blot(bytes: Uint8Array): number {
    const starts = this.#starts
    let end = 0
    let last = bytes[0] ?? 0
    for (let at = 1; at < bytes.length; at++) {
      const next = bytes[at] as number
      if (starts[(last << 8) | next] === 1) {
        const to = this.#matchAt(bytes, at - 1)
        if (to > 0) {
          bytes.fill(star, at - 1, to)
          this.count += 1
          end = to
          at = to
          last = bytes[to] ?? 0
          continue
        }
      }
      last = next
    }
    return end
  }

  /** The end of the longest match at a place, or 0. */
  #matchAt(bytes: Uint8Array, at: number): number {
    let end = 0
    for (const spelling of this.#spellings) {
      if (at + spelling.length > end && common(bytes, at, spelling) === spelling.length) end = at + spelling.length
    }
    for (const hidden of this.#plain) {
      const to = percentMatch(bytes, at, hidden)
      if (typeof to === 'number') end = Math.max(end, to)
    }
    return end
  }

  /** Where, behind the last match, a hidden text may have begun whose rest is still to come; else the end. */
  #openEnd(bytes: Uint8Array, after: number): number {
    for (let at = Math.max(after, bytes.length - this.#longest + 1); at < bytes.length; at++) {
      if (this.#firsts[bytes[at] ?? 0] === 0) continue
      const rest = bytes.length - at
      if (this.#spellings.some(each => each.length > rest && common(bytes, at, each) === rest)) return at
      if (this.#plain.some(hidden => percentMatch(bytes, at, hidden) === 'open')) return at
    }
    return bytes.length
  }

  #mark(first: number, second: number): void {
    this.#starts[(first << 8) | second] = 1
    this.#firsts[first] = 1
  }
}

/** How many bytes from a place on are those of a spelling. */
function common(bytes: Uint8Array, at: number, spelling: Uint8Array): number {
  let length = 0
  while (length < spelling.length && bytes[at + length] === spelling[length]) length++
  return length
}

/** The digit of a value, in either case. */
function hexDigits(value: number): number[] {
  const digit = value.toString(16)
  return [digit.charCodeAt(0), digit.toUpperCase().charCodeAt(0)]
}

function joined(held: Uint8Array, piece: Uint8Array): Uint8Array {
  const whole = new Uint8Array(held.length + piece.length)
  whole.set(held)
  whole.set(piece, held.length)
  return whole
}
