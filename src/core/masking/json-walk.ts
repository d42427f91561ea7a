import { escaped, glance } from './detectors/glance.ts'
import type { JsonPath } from './json-path.ts'

export interface JsonVisitor {
  /** A string, between its quotes, and what a first look at it told. */
  text(start: number, end: number, look: number): void
  number(start: number, end: number): void
  /** `true` or `false`. */
  truth(start: number, end: number): void
}

export type WalkFailure = 'malformed' | 'too-deep'

/**
 * Walks a JSON text (RFC 8259) once, in the order of its characters, and shows every value to a visitor; `path`
 * says where. Names of members are no values. A byte order mark is passed over. Time is linear, and depth costs
 * no stack.
 *
 * @returns why it is no JSON text, or a too deep one; then the visitor has seen the part before
 */
export function walkJson(text: string, path: JsonPath, visitor: JsonVisitor): WalkFailure | undefined {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  for (;;) {
    at = afterSpace(text, at)
    const code = text.charCodeAt(at)
    if (code === 34) {
      const start = at + 1
      const seen = glance(text, start)
      const look = seen & 3
      const end = look === escaped ? stringEnd(text, seen >>> 2) : seen >>> 2
      if (end < 0) return 'malformed'
      visitor.text(start, end, look)
      at = end + 1
    } else if (code === 123) {
      if (!path.enterObject()) return 'too-deep'
      at = afterSpace(text, at + 1)
      if (text.charCodeAt(at) !== 125) {
        at = member(text, at, path)
        if (at < 0) return 'malformed'
        continue
      }
      path.leave()
      at += 1
    } else if (code === 91) {
      if (!path.enterArray()) return 'too-deep'
      at = afterSpace(text, at + 1)
      if (text.charCodeAt(at) !== 93) continue
      path.leave()
      at += 1
    } else if (code === 45 || isDigit(code)) {
      const end = numberEnd(text, at)
      if (end < 0) return 'malformed'
      visitor.number(at, end)
      at = end
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
      at = afterSpace(text, at)
      if (path.depth === 0) return at === text.length ? undefined : 'malformed'
      const after = text.charCodeAt(at)
      at += 1
      if (after === 44) {
        if (path.isArray) path.nextItem()
        else {
          at = member(text, afterSpace(text, at), path)
          if (at < 0) return 'malformed'
        }
        break
      }
      if (after !== (path.isArray ? 93 : 125)) return 'malformed'
      path.leave()
    }
  }
}

function afterSpace(text: string, start: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at
  }
}

/** Reads a member's name and the colon after it; -1 where there is none. */
function member(text: string, at: number, path: JsonPath): number {
  if (text.charCodeAt(at) !== 34) return -1
  const end = stringEnd(text, at + 1)
  if (end < 0) return -1
  path.nextMember(at + 1, end)
  const colon = afterSpace(text, end + 1)
  return text.charCodeAt(colon) === 58 ? colon + 1 : -1
}

/** Where a string ends; -1 where it has no end. */
function stringEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) return at
    if (code === 92) at++
  }
  return -1
}

/** Where a number ends; -1 where it is none. */
function numberEnd(text: string, start: number): number {
  let at = text.charCodeAt(start) === 45 ? start + 1 : start
  at = text.charCodeAt(at) === 48 ? at + 1 : digitsEnd(text, at)
  if (at > 0 && text.charCodeAt(at) === 46) at = digitsEnd(text, at + 1)
  if (at > 0 && (text.charCodeAt(at) | 32) === 101) {
    const sign = text.charCodeAt(at + 1)
    at = digitsEnd(text, sign === 43 || sign === 45 ? at + 2 : at + 1)
  }
  return at > 0 && isNumberPart(text.charCodeAt(at)) ? -1 : at
}

function digitsEnd(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at++
  return at > start ? at : -1
}

const isDigit = (code: number) => code >= 48 && code <= 57

const isNumberPart = (code: number) =>
  isDigit(code) || code === 46 || code === 101 || code === 69 || code === 43 || code === 45
