import type { AppKeys } from './app-keys.ts'
import { FieldRules } from './field-rules.ts'
import type { Judge, MaskingEdit } from './pass.ts'
import { tokenPrefix } from './token.ts'

/**
 * Puts originals back where an answer holds tokens. It opens only tokens that masking put into the request, and only
 * with the keys of the app that made them: whatever else looks like a token stays as it is.
 */
export class Restorer implements Judge {
  readonly plan: Judge['plan']
  /** No token is longer, in UTF-16 code units. */
  readonly longest: number
  readonly #keys: AppKeys
  /** In order, so that a beginning is found by halving. */
  readonly #tokens: readonly string[]
  readonly #lengths: readonly number[]
  readonly #originals = new Map<string, string | undefined>()

  /** @param tokens what `MaskingPass.tokens` held when the request left */
  constructor(tokens: Iterable<string>, keys: AppKeys) {
    this.#tokens = [...new Set(tokens)].sort()
    this.#lengths = [...new Set(this.#tokens.map(({ length }) => length))].sort((a, b) => b - a)
    this.longest = this.#lengths[0] ?? 0
    this.#keys = keys
    this.plan = { fields: new FieldRules([]), shortest: tokenPrefix.length, unknown: 'pass' }
  }

  textEdits(text: string): MaskingEdit[] {
    const edits: MaskingEdit[] = []
    let from = 0
    for (const { index } of text.matchAll(/ght_/gi)) {
      if (index < from) continue
      const found = this.#tokenAt(text, index)
      const original = found && this.#original(found)
      if (!found || original === undefined) continue
      from = index + found.length
      edits.push({ start: index, end: from, text: original, type: 'TOKEN', action: 'tokenize' })
    }
    return edits
  }

  fieldEdit(text: string): MaskingEdit {
    return { start: 0, end: 0, text, type: 'TOKEN', action: 'tokenize' }
  }

  /** Where a token may have begun that the text does not yet hold whole; the text's length where none has. */
  openFrom(text: string): number {
    for (let at = Math.max(0, text.length - this.longest + 1); at < text.length; at++) {
      const code = text.charCodeAt(at)
      if ((code === 71 || code === 103) && this.#beginsToken(text.slice(at).toUpperCase())) return at
    }
    return text.length
  }

  #tokenAt(text: string, start: number): string | undefined {
    for (const length of this.#lengths) {
      const token = text.slice(start, start + length).toUpperCase()
      if (this.#tokens[this.#rank(token)] === token) return token
    }
    return undefined
  }

  #beginsToken(beginning: string): boolean {
    const next = this.#tokens[this.#rank(beginning)]
    return next?.startsWith(beginning) === true
  }

  /** How many tokens come before a text. */
  #rank(text: string): number {
    let low = 0
    let high = this.#tokens.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#tokens[middle] ?? '') < text) low = middle + 1
      else high = middle
    }
    return low
  }

  #original(token: string): string | undefined {
    if (!this.#originals.has(token)) this.#originals.set(token, this.#keys.open(token)?.value)
    return this.#originals.get(token)
  }
}
