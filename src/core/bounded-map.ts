/** A map that forgets what was written longest ago when it would hold more than its limit. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #limit: number

  /** @param limit entries at most */
  constructor(limit: number) {
    super()
    this.#limit = limit
  }

  /** Writing an entry again makes it the youngest. */
  override set(key: Key, value: Value): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#limit) this.delete(this.keys().next().value as Key)
    return this
  }
}
