import type { Action } from './action.ts'
import { escaped } from './detectors/glance.ts'
import { inSpelling, spliced } from './edit.ts'
import type { Where } from './field-rules.ts'
import { JsonPath } from './json-path.ts'
import { type JsonVisitor, type WalkFailure, walkJson } from './json-walk.ts'
import type { Judge, MaskingEdit } from './pass.ts'
import { withoutPieces } from './pieces.ts'

/** JSON within strings of JSON, as in arguments of tool calls, is read to this depth. */
const maxNesting = 8

/** Fewer characters than any number that means a person, so no detector is asked. */
const shortestNumber = 7

export interface JsonEdits {
  readonly edits: readonly MaskingEdit[]
  readonly failure?: WalkFailure
}

/** Told of every value that is replaced: offsets count within the string, or the number's spelling, that stands there. */
export type Watch = (edit: MaskingEdit, where: Where) => void

/**
 * What becomes of the values in a JSON text, as edits of that text. Strings, numbers, and JSON within strings are
 * read; names of members are not. What is not replaced keeps its spelling, and what comes out is JSON again.
 */
export function jsonEdits(text: string, judge: Judge, where: Where, watch?: Watch): JsonEdits {
  return editsWithin(text, judge, where, 0, watch)
}

/** The edits of a line or an event that should be a JSON text; one that is none is read as it stands. */
export function documentEdits(text: string, judge: Judge, where: Where): JsonEdits {
  return isJson(text, judge, where) ? jsonEdits(text, judge, where) : { edits: judge.textEdits(text, where) }
}

/** The edits of a string that may itself be JSON: the value of a form field, a tool call's arguments, a plain text. */
export function stringEdits(text: string, judge: Judge, where: Where, nesting = 0): JsonEdits {
  const claimed = judge.claim?.(text, where)
  if (claimed) return { edits: claimed }
  const field = judge.plan.fields.isEmpty ? undefined : judge.plan.fields.actionAt(where.places)
  if (field) return { edits: [judge.fieldEdit(text, field, where)] }
  if (looksLikeJson(text) && isJson(text, judge, where)) {
    return nesting === maxNesting ? { edits: [], failure: 'too-deep' } : editsWithin(text, judge, where, nesting + 1)
  }
  return { edits: judge.textEdits(text, where) }
}

function editsWithin(text: string, judge: Judge, where: Where, nesting: number, watch?: Watch): JsonEdits {
  const { plan } = judge
  const path = new JsonPath(text, plan.fields, where)
  const edits: MaskingEdit[] = []
  let inner: WalkFailure | undefined
  const fieldHere = () => (plan.fields.isEmpty ? undefined : plan.fields.actionAt(path.places))

  const failure = walkJson(text, path, {
    text(start, end, look) {
      if (end - start < plan.shortest && plan.fields.isEmpty) return
      if (plan.fields.isEmpty && judge.overlooks?.(look, path)) return
      const isEscaped = look === escaped
      const said = isEscaped ? unescaped(text, start, end) : text.slice(start, end)
      const found = said === undefined ? malformed : stringEdits(said, judge, path, nesting)
      inner ??= found.failure
      if (found.edits.length === 0) return
      if (watch) for (const edit of found.edits) watch(edit, path)
      edits.push(...inSpelling(found.edits, text, start, isEscaped))
    },
    number(start, end) {
      const field = fieldHere()
      if (!field && end - start < shortestNumber) return
      const spelling = text.slice(start, end)
      const said = field ? spelling : wholeDigits(spelling)
      if (said !== undefined) scalar(start, end, said, field)
    },
    truth(start, end) {
      const field = fieldHere()
      if (field) scalar(start, end, text.slice(start, end), field)
    },
  })
  const worst = failure ?? inner
  if (worst) return { edits, failure: worst }
  return { edits: path.mayHoldPieces ? withoutPieces(text, edits, judge) : edits }

  function scalar(start: number, end: number, said: string, field: Action | undefined): void {
    const found = field ? [judge.fieldEdit(said, field, path)] : judge.textEdits(said, path)
    const [first] = found
    if (!first) return
    if (watch) for (const edit of found) watch(edit, path)
    edits.push({ ...first, start, end, text: scalarSpelling(spliced(said, found), first.action) })
  }
}

const malformed: JsonEdits = { edits: [], failure: 'malformed' }

/** A number stays one only as a look-alike that every reader takes exactly; where nothing is left stands `null`. */
function scalarSpelling(masked: string, action: Action): string {
  if (masked === '') return 'null'
  const isNumber = action === 'format' && /^[1-9]\d*$/.test(masked) && Number.isSafeInteger(Number(masked))
  return isNumber ? masked : JSON.stringify(masked)
}

/** What fifteen digits tell exactly, and is no whole number. */
const fraction = /^-?\d+\.\d*[1-9]$/
const longestFraction = 16

/** The digits of a whole number, also of one that is written with a fraction of zeros or an exponent, as some languages do. */
function wholeDigits(spelling: string): string | undefined {
  if (!/[.eE]/.test(spelling)) return spelling
  if (spelling.length <= longestFraction && fraction.test(spelling)) return undefined
  const number = Number(spelling)
  return Number.isInteger(number) && Math.abs(number) < 1e21 ? BigInt(number).toString() : undefined
}

function unescaped(text: string, start: number, end: number): string | undefined {
  try {
    return JSON.parse(text.slice(start - 1, end + 1))
  } catch {
    return undefined
  }
}

function looksLikeJson(text: string): boolean {
  const first = text.charCodeAt(0)
  if (first > 32 && first !== 123 && first !== 91 && first !== 0xfeff) return false
  const trimmed = text.trim()
  return (trimmed.startsWith('{') && trimmed.endsWith('}')) || (trimmed.startsWith('[') && trimmed.endsWith(']'))
}

/** A text that is no JSON after all is read as it stands, and must not have been counted half. */
function isJson(text: string, { plan }: Judge, where: Where): boolean {
  return walkJson(text, new JsonPath(text, plan.fields, where), blind) !== 'malformed'
}

const blind: JsonVisitor = { text() {}, number() {}, truth() {} }
