/** Sets remembered at most; those beyond it are made anew each time. */
const maxRemembered = 10_000

type Labels<Name extends string> = Readonly<Record<Name, string>>

/** What is known by the values so far: by the next value, or in the end the labels themselves. */
interface Node<Name extends string> {
  readonly next: Map<string, Node<Name>>
  labels?: Labels<Name>
}

/**
 * The labels of one counter, by their values: the same values are the same object again, which costs counters less
 * than one that says the same. They are found value by value, since joining them would cost more than the finding.
 */
export class LabelSets<Name extends string> {
  readonly #names: readonly Name[]
  readonly #root: Node<Name> = { next: new Map() }
  #remembered = 0

  constructor(...names: readonly Name[]) {
    this.#names = names
  }

  /** @param values in the order of the names */
  of(...values: readonly string[]): Labels<Name> {
    let node: Node<Name> | undefined = this.#root
    for (let at = 0; node && at < values.length; at++) node = node.next.get(values[at] ?? '')
    return node?.labels ?? this.#made(values)
  }

  #made(values: readonly string[]): Labels<Name> {
    const labels = Object.freeze(
      Object.fromEntries(this.#names.map((name, at) => [name, values[at] ?? ''])) as Record<Name, string>,
    )
    if (this.#remembered >= maxRemembered) return labels
    this.#remembered += 1
    let node = this.#root
    for (const value of values) {
      const next: Node<Name> = node.next.get(value) ?? { next: new Map() }
      node.next.set(value, next)
      node = next
    }
    node.labels = labels
    return labels
  }
}
