import { jsonEscaped, spliced } from '../edit.ts'
import type { Restorer } from '../restorer.ts'
import { beginsJson, type TextFlow } from './text-flow.ts'

/** Puts originals back into a text as it streams. It holds back no more than a token that may have begun. */
export class RestoreFlow implements TextFlow {
  readonly #restorer: Restorer
  #isJson: boolean | undefined
  #begin = ''
  #held = ''

  /** @param isJson the text is JSON, so an original is spelled as in a JSON string; by default its beginning tells */
  constructor(restorer: Restorer, isJson?: boolean) {
    this.#restorer = restorer
    this.#isJson = isJson
  }

  /** What may be the beginning of a token. */
  get held(): string {
    return this.#held
  }

  push(text: string): string {
    if (this.#isJson === undefined) {
      this.#begin = (this.#begin + text).slice(0, 64)
      this.#isJson = beginsJson(this.#begin)
    }
    this.#held = this.#restored(this.#held + text)
    const open = this.#restorer.openFrom(this.#held)
    const out = this.#held.slice(0, open)
    this.#held = this.#held.slice(open)
    return out
  }

  end(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }

  #restored(text: string): string {
    const edits = this.#restorer.textEdits(text)
    return spliced(text, this.#isJson ? edits.map(edit => ({ ...edit, text: jsonEscaped(edit.text) })) : edits)
  }
}
