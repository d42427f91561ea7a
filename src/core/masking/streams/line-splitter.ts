import { Fault } from '#core/fault.ts'

/** One line, and one event of several, may be as long as this, in UTF-16 code units. */
export const maxMessageLength = 4_194_304

/** Parts a text that comes in pieces into lines. Each character is looked at once, however small the pieces are. */
export class LineSplitter {
  readonly #ending: RegExp
  #pieces: string[] = []
  #length = 0

  /** @param ending with the flag `g`; must not match a part of a longer ending that has not come yet */
  constructor(ending: RegExp) {
    this.#ending = ending
  }

  /**
   * The lines that are whole now, with their endings.
   *
   * @throws Fault `masking-failed` for a line that is too long
   */
  push(text: string): string[] {
    const last = this.#pieces.at(-1)
    if (!/[\r\n]/.test(text) && !last?.endsWith('\r')) {
      this.#hold(text)
      return []
    }
    const whole = this.rest() + text
    const lines: string[] = []
    let from = 0
    for (const { index, 0: ending } of whole.matchAll(this.#ending)) {
      lines.push(whole.slice(from, index + ending.length))
      from = index + ending.length
    }
    this.#hold(whole.slice(from))
    return lines
  }

  /** What came after the last ending; it is then no longer held. */
  rest(): string {
    const rest = this.#pieces.join('')
    this.#pieces = []
    this.#length = 0
    return rest
  }

  #hold(text: string): void {
    if (text === '') return
    this.#length += text.length
    if (this.#length > maxMessageLength) throw tooLong()
    this.#pieces.push(text)
  }
}

export const tooLong = () =>
  new Fault('masking-failed', `a message of the stream is longer than ${maxMessageLength} characters`)
