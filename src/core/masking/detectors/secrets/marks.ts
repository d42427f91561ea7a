/**
 * Finds which of many marks begin where a word begins. The first two characters of a word settle for nearly
 * every word that none does, so the number of marks costs nothing.
 */
export class Marks {
  readonly #pairs = new Uint8Array(128 * 128)
  readonly #byPair = new Map<number, string[]>()

  /** @param marks of two ASCII characters or more */
  constructor(marks: readonly string[]) {
    for (const mark of [...marks].sort((a, b) => b.length - a.length)) {
      const pair = mark.charCodeAt(0) * 128 + mark.charCodeAt(1)
      this.#pairs[pair] = 1
      this.#byPair.set(pair, [...(this.#byPair.get(pair) ?? []), mark])
    }
  }

  /**
   * Calls back with each mark that stands at the beginning of a word, the longest first.
   *
   * @param call answers where the search goes on if the mark led to something, or 0
   */
  eachIn(text: string, call: (mark: string, index: number) => number): void {
    let isInWord = false
    for (let index = 0; index < text.length - 1; index++) {
      const code = text.charCodeAt(index)
      const isWord = isAlphanumeric(code)
      if (isWord && !isInWord) {
        const next = text.charCodeAt(index + 1)
        const pair = code * 128 + next
        if (next < 128 && this.#pairs[pair] === 1) {
          const end = this.#firstEnd(text, index, this.#byPair.get(pair) ?? [], call)
          if (end > index) index = end - 1
        }
      }
      isInWord = isWord
    }
  }

  #firstEnd(
    text: string,
    index: number,
    marks: readonly string[],
    call: (mark: string, index: number) => number,
  ): number {
    for (const mark of marks) {
      const end = text.startsWith(mark, index) ? call(mark, index) : 0
      if (end > 0) return end
    }
    return 0
  }
}

function isAlphanumeric(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90)
}
