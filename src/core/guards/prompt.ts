import { atRoot, FieldRules } from '#core/masking/field-rules.ts'
import { jsonEdits } from '#core/masking/json-mask.ts'
import type { Judge, MaskingEdit } from '#core/masking/pass.ts'

/** One text of a prompt, and where it stands: JSON pointer, with JSON within strings as part of it. */
export interface PromptText {
  readonly text: string
  readonly pointer: string
}

export interface Prompt {
  /** Everything that a model would read, in order. */
  readonly texts: readonly PromptText[]
  /** The names in `model` at the top, more than one where the member is written twice. */
  readonly models: readonly string[]
}

type EditsOf = (text: string, pointer: string, index: number | undefined) => MaskingEdit[]

interface EditedText {
  readonly text: string
  readonly edits: readonly MaskingEdit[]
}

/** Members that steer the request and are not read by the model. */
const steering = new Set(['model', 'role', 'type', 'id', 'tool_call_id', 'call_id', 'tool_use_id', 'media_type'])

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const nothing = new FieldRules([])

/** More characters than these, of UTF-16, are not judged: every built-in guard takes time in proportion to them. */
export const maxJudged = 4_194_304

/** The prompt in a body of JSON; `undefined` for a body that is none, or is nested too deep to be read. */
export function promptOf(body: Uint8Array): Prompt | undefined {
  const text = textOf(body)
  return text === undefined ? undefined : promptIn(text)
}

/** The same, of a text that should be JSON. */
export function promptIn(json: string): Prompt | undefined {
  const texts: PromptText[] = []
  const models: string[] = []
  const isRead = editsInText(json, (text, pointer, index) => {
    if (pointer === '/model') models.push(text)
    if (index !== undefined) texts.push({ text, pointer })
    return []
  })
  return isRead && { texts, models }
}

/**
 * The edits of a body in which pieces of its strings are replaced, as they are given for each.
 *
 * @param editsOf `index` is the place among the texts of the prompt, absent for what only steers
 */
export function editsIn(body: Uint8Array, editsOf: EditsOf): EditedText | undefined {
  const text = textOf(body)
  return text === undefined ? undefined : editsInText(text, editsOf)
}

function editsInText(text: string, editsOf: EditsOf): EditedText | undefined {
  let count = 0
  const judge: Judge = {
    plan: { fields: nothing, shortest: 1, unknown: 'deny' },
    textEdits: (text, where) =>
      editsOf(text, pointerOf(where.segments()), steering.has(where.name()) ? undefined : count++),
    fieldEdit: text => ({ start: 0, end: 0, text, type: 'FIELD', action: 'redact' }),
  }
  const { edits, failure } = jsonEdits(text, judge, atRoot(nothing))
  return failure ? undefined : { text, edits }
}

/**
 * Tokens of a prompt, as far as they can be told without the model's own tokenizer: one for four ASCII characters, one
 * for every other character. Providers count differently; for English the estimate is a little high.
 */
export function estimatedTokens({ texts }: Prompt): number {
  let quarters = 0
  for (const { text } of texts) for (const character of text) quarters += character < '\u0080' ? 1 : 4
  return Math.ceil(quarters / 4)
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return utf8.decode(body)
  } catch {
    return undefined
  }
}

/** A JSON pointer (RFC 6901). */
export function pointerOf(segments: readonly (string | number)[]): string {
  return segments.map(segment => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
