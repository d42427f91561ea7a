import type { JsonPath } from './json-path.ts'

export interface JsonVisitor {
  /** A string, between its quotes. `isEscaped` where it holds a backslash. */
  text(start: number, end: number, isEscaped: boolean): void
  /** A number; `isInteger` where it is digits only, perhaps with a sign. */
  number(start: number, end: number, isInteger: boolean): void
  /** `true` or `false`. */
  truth(start: number, end: number): void
}

export type WalkFailure = 'malformed' | 'too-deep'

const fraction = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * Walks a JSON text (RFC 8259) once, in the order of its characters, and shows every value to a visitor; `path`
 * says where. Names of members are no values. A byte order mark is passed over. Time is linear, and depth costs
 * no stack.
 *
 * @returns why it is no JSON text, or a too deep one; then the visitor has seen the part before
 */
export function walkJson(text: string, path: JsonPath, visitor: JsonVisitor): WalkFailure | undefined {
  const { length } = text
  const quotes = new Next(text, '"')
  const backslashes = new Next(text, '\\')
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let isEscaped = false

  for (;;) {
    skipSpace()
    const code = text.charCodeAt(at)
    if (code === 34) {
      const start = at + 1
      const end = stringEnd(start)
      if (end < 0) return 'malformed'
      visitor.text(start, end, isEscaped)
      at = end + 1
    } else if (code === 123) {
      if (!path.enterObject()) return 'too-deep'
      at += 1
      skipSpace()
      if (text.charCodeAt(at) !== 125) {
        if (!member()) return 'malformed'
        continue
      }
      path.leave()
      at += 1
    } else if (code === 91) {
      if (!path.enterArray()) return 'too-deep'
      at += 1
      skipSpace()
      if (text.charCodeAt(at) !== 93) continue
      path.leave()
      at += 1
    } else if (code === 45 || (code >= 48 && code <= 57)) {
      if (!number()) return 'malformed'
    } else if (code === 110 && text.startsWith('null', at)) {
      at += 4
    } else if (code === 116 && text.startsWith('true', at)) {
      visitor.truth(at, at + 4)
      at += 4
    } else if (code === 102 && text.startsWith('false', at)) {
      visitor.truth(at, at + 5)
      at += 5
    } else return 'malformed'

    for (;;) {
      skipSpace()
      if (path.depth === 0) return at === length ? undefined : 'malformed'
      const after = text.charCodeAt(at)
      at += 1
      if (after === 44) {
        if (path.isArray) path.nextItem()
        else {
          skipSpace()
          if (!member()) return 'malformed'
        }
        break
      }
      if (after !== (path.isArray ? 93 : 125)) return 'malformed'
      path.leave()
    }
  }

  function skipSpace(): void {
    for (;;) {
      const code = text.charCodeAt(at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
      at += 1
    }
  }

  function member(): boolean {
    if (text.charCodeAt(at) !== 34) return false
    const start = at + 1
    const end = stringEnd(start)
    if (end < 0) return false
    path.nextMember(start, end)
    at = end + 1
    skipSpace()
    if (text.charCodeAt(at) !== 58) return false
    at += 1
    return true
  }

  function stringEnd(start: number): number {
    let end = quotes.from(start)
    let backslash = backslashes.from(start)
    isEscaped = backslash < end
    while (backslash < end) {
      end = quotes.from(backslash + 2)
      backslash = backslashes.from(backslash + 2)
    }
    return end < length ? end : -1
  }

  function number(): boolean {
    const start = at
    if (text.charCodeAt(at) === 45) at += 1
    const firstDigit = at
    while (isDigit(text.charCodeAt(at))) at += 1
    const isInteger = !isNumberPart(text.charCodeAt(at))
    while (isNumberPart(text.charCodeAt(at))) at += 1
    const isWell = isInteger
      ? at > firstDigit && (at === firstDigit + 1 || text.charCodeAt(firstDigit) !== 48)
      : fraction.test(text.slice(start, at))
    if (isWell) visitor.number(start, at, isInteger)
    return isWell
  }
}

const isDigit = (code: number) => code >= 48 && code <= 57

const isNumberPart = (code: number) =>
  isDigit(code) || code === 46 || code === 101 || code === 69 || code === 43 || code === 45

/** Where a character comes next. Asked for places that only grow, it reads the text once. */
class Next {
  readonly #text: string
  readonly #character: string
  #known = -1

  constructor(text: string, character: string) {
    this.#text = text
    this.#character = character
  }

  from(place: number): number {
    if (this.#known < place) {
      const found = this.#text.indexOf(this.#character, place)
      this.#known = found < 0 ? Number.POSITIVE_INFINITY : found
    }
    return this.#known
  }
}
