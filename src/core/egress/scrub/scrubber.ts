import { utf8Bytes } from '#core/encoding.ts'
import { joined } from '#core/joined.ts'
import { type Hidden, hiddenOf } from './hidden.ts'
import { percentMatch } from './percent.ts'

const star = 0x2a

/** Blots out hidden texts in what an answer holds, however they are spelled; each byte becomes `*`, so no length changes. */
export class Scrubber {
  readonly #hidden: Hidden
  #held: Uint8Array = new Uint8Array()
  /** How many places were blotted out so far. */
  count = 0

  constructor(hidden: readonly string[]) {
    this.#hidden = hiddenOf(hidden)
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
    // a copy, since what is blotted out is blotted out in place
    const bytes = joined([this.#held, piece])
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
    const { starts } = this.#hidden
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
    const { spellings, plain } = this.#hidden
    let end = 0
    for (const spelling of spellings) {
      if (at + spelling.length > end && common(bytes, at, spelling) === spelling.length) end = at + spelling.length
    }
    for (const hidden of plain) {
      const to = percentMatch(bytes, at, hidden)
      if (typeof to === 'number') end = Math.max(end, to)
    }
    return end
  }

  /** Where, behind the last match, a hidden text may have begun whose rest is still to come; else the end. */
  #openEnd(bytes: Uint8Array, after: number): number {
    const { spellings, plain, firsts, longest } = this.#hidden
    for (let at = Math.max(after, bytes.length - longest + 1); at < bytes.length; at++) {
      if (firsts[bytes[at] ?? 0] === 0) continue
      const rest = bytes.length - at
      if (spellings.some(each => each.length > rest && common(bytes, at, each) === rest)) return at
      if (plain.some(hidden => percentMatch(bytes, at, hidden) === 'open')) return at
    }
    return bytes.length
  }
}

/** How many bytes from a place on are those of a spelling. */
function common(bytes: Uint8Array, at: number, spelling: Uint8Array): number {
  let length = 0
  while (length < spelling.length && bytes[at + length] === spelling[length]) length++
  return length
}
