/** Sets remembered at most; those beyond it are made anew each time. */
const maxRemembered = 10_000

/**
 * The labels of one counter, by their values: the same values are the same object again, which costs counters less
 * than one that says the same.
 */
export class LabelSets<Name extends string> {
  readonly #names: readonly Name[]
  readonly #known = new Map<string, Readonly<Record<Name, string>>>()

  constructor(...names: readonly Name[]) {
    this.#names = names
  }

  /** @param values in the order of the names */
  of(...values: readonly string[]): Readonly<Record<Name, string>> {
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\n')
    const known = this.#known.get(key)
    if (known) return known
    const labels = Object.freeze(
      Object.fromEntries(this.#names.map((name, at) => [name, values[at] ?? ''])) as Record<Name, string>,
    )
    if (this.#known.size < maxRemembered) this.#known.set(key, labels)
    return labels
  }
}
