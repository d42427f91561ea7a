/** A bounded memory of what was made from a text; beyond its bound the one used longest ago is forgotten. */
export class Recent<Value> {
  readonly #made = new Map<string, Value>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(text: string, make: (text: string) => Value): Value {
    const known = this.#made.get(text)
    const value = known ?? make(text)
    if (known !== undefined) this.#made.delete(text)
    this.#made.set(text, value)
    if (this.#made.size > this.#limit) this.#made.delete(this.#made.keys().next().value ?? '')
    return value
  }
}
