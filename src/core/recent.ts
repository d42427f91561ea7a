/**
 * A bounded memory of what was made from a text. It keeps two generations, each of half the bound: what is used moves
 * to the younger, and when that is full the elder is forgotten. A hit changes nothing as long as the young one holds it.
 */
export class Recent<Value> {
  readonly #limit: number
  #young = new Map<string, Value>()
  #elder = new Map<string, Value>()

  /** @param limit values remembered at most */
  constructor(limit: number) {
    this.#limit = Math.ceil(limit / 2)
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
