/** A text is longer than an operator's own patterns or dictionaries may read; masking it must fail, not pass. */
export class TextTooLong extends Error {
  override readonly name = 'TextTooLong'
  readonly maxCharacters: number

  constructor(maxCharacters: number) {
    super(`the text is longer than ${maxCharacters} characters, the most that own patterns and dictionaries read`)
    this.maxCharacters = maxCharacters
  }
}
