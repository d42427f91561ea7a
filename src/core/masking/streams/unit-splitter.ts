import { isOpen, mayBeTold } from '../detectors/tail.ts'
import { forcedEnd, hasDigit, isBreak, isStop, longestKey, longestUnit, type Parting, wordAfter } from './units.ts'

const keyMarks = /-----(?:(BEGIN)|END[ A-Z0-9]{0,64}-----)/g
const longestKeyMark = 78

/** What stands before a unit, in characters, may tell what is in it; what comes after it tells less. */
export const seenBefore = 128
export const seenAfter = 32

/** A stop ends no unit that is shorter: each is read with all that stands around it, and a text of stops would cost as much for every character. */
const leastSentence = 24

/** A unit with what stands around it. */
export interface Unit {
  readonly text: string
  /** Where the unit begins and ends in the text. */
  readonly start: number
  readonly end: number
}

/**
 * Parts a text that comes in pieces into units: pieces that no value reaches across. Between words a unit ends only
 * where neither has a digit, since numbers are written in groups, and where nothing is open; a private key is one unit.
 * Where a unit ends depends on the text alone and never on how much of it has come: with too little to tell, there is
 * no end yet.
 */
export class UnitSplitter {
  readonly #parting: Parting
  readonly #seenAfter: number
  #before = ''
  #held = ''
  /** Where the search for the first unit's end goes on. */
  #at = 0
  #wordAt = 0
  #mayBeOpen = false
  #hasKey = false
  #isInKey = false
  /** The first unit's end, once it is known, and how much after it must have come. */
  #end = 0
  #after = 0

  /** @param after how many characters after a unit are waited for where they may tell what is in it */
  constructor(parting: Parting, after: number) {
    this.#parting = parting
    this.#seenAfter = after
  }

  push(text: string): void {
    this.#held += text
  }

  /** The next unit, if it has come, and what tells about it; at the end of the text whatever is left. */
  next(isEnd: boolean): Unit | undefined {
    if (this.#end === 0) {
      this.#end = this.#unitEnd() || (isEnd ? this.#held.length : 0)
      if (this.#end === 0) return undefined
      this.#after = this.#seenAfter > 0 && mayBeTold(this.#held.slice(0, this.#end)) ? this.#seenAfter : 0
    }
    const seen = this.#end + this.#after
    if (!isEnd && this.#held.length < seen) return undefined
    const text = this.#before + this.#held.slice(0, seen)
    const start = this.#before.length
    const end = start + this.#end
    this.#before = text.slice(Math.max(0, end - seenBefore), end)
    this.#held = this.#held.slice(this.#end)
    this.#at = this.#wordAt = this.#end = 0
    this.#mayBeOpen = this.#hasKey = this.#isInKey = false
    return { text, start, end }
  }

  /** @returns the first unit's length, or 0 */
  #unitEnd(): number {
    const text = this.#held
    for (; this.#at < text.length && this.#at < (this.#hasKey ? longestKey : longestUnit); this.#at++) {
      const code = text.charCodeAt(this.#at)
      if (!isBreak(code)) {
        if (opens(code)) this.#mayBeOpen = true
        continue
      }
      const end = this.#endAt(this.#at, code)
      if (end !== 0) return Math.max(end, 0)
      this.#wordAt = this.#at + 1
    }
    return forcedEnd(text, this.#hasKey ? longestKey : longestUnit)
  }

  /** @returns where the unit ends if it does at this break, or 0; -1 where too little has come to tell */
  #endAt(at: number, code: number): number {
    const text = this.#held
    const end = at + 1
    this.#lookForKeys(at)
    if (this.#isInKey) return 0
    if (code === 10) return end
    if (isStop(code)) {
      this.#mayBeOpen = true
      return end < leastSentence || this.#isOpen(end) ? 0 : end
    }
    if (this.#parting !== 'words' || at === this.#wordAt) return 0
    const next = wordAfter(text, end)
    if (next === undefined) return -1
    const isBetween = next !== '' && !hasDigit(next) && !hasDigit(text.slice(this.#wordAt, at))
    return isBetween && !this.#isOpen(end) ? end : 0
  }

  #lookForKeys(at: number): void {
    const word = this.#held.slice(this.#wordAt, at)
    if (!word.includes('-----')) return
    const words = this.#held.slice(Math.max(0, this.#wordAt - longestKeyMark), at)
    for (const [, begin] of words.matchAll(keyMarks)) {
      this.#isInKey = begin !== undefined
      this.#hasKey = true
    }
  }

  #isOpen(end: number): boolean {
    return this.#mayBeOpen && isOpen(this.#before + this.#held.slice(0, end))
  }
}

/** Digits and quotes, and what may be either in other scripts. */
const opens = (code: number) => (code >= 48 && code <= 57) || code === 34 || code === 39 || code > 127
