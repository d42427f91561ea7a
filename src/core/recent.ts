/**
 * A bounded memory of what was made from a text. It keeps two generations: what is used moves to the younger, and when
 * that is full the elder is forgotten. So it holds what was used last up to its bound, and at most twice as much; what
 * the young one holds costs a single look.
 */
export class Recent<Value> {
  readonly #limit: number
  #young = new Map<string, Value>()
  #elder = new Map<string, Value>()

  /** @param limit values that are remembered for sure; at most twice as many are */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** What was made of a text, as far as it is remembered; its being asked for does not count as use. */
  peek(text: string): Value | undefined {
    return this.#young.get(text) ?? this.#elder.get(text)
  }

  get(text: string, make: (text: string) => Value): Value {
    const known = this.#young.get(text)
    if (known !== undefined) return known
    const value = this.#elder.get(text) ?? make(text)
    if (this.#young.size >= this.#limit) {
      this.#elder = this.#young
      this.#young = new Map()
    }
    this.#young.set(text, value)
    return value
  }
}
