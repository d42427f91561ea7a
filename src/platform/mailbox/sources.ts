import type { DeliveryTerms } from '#core/delivery/event.ts'

/** What each source last said of its deliveries. Kept on disk, since an alarm comes without a manifest. */
export class Sources {
  readonly #sql: SqlStorage
  readonly #known = new Map<string, { readonly text: string; readonly terms: DeliveryTerms }>()

  constructor(sql: SqlStorage) {
    this.#sql = sql
    for (const { source, terms } of sql.exec<{ source: string; terms: string }>('SELECT source, terms FROM sources')) {
      this.#known.set(source, { text: terms, terms: JSON.parse(terms) })
    }
  }

  /** To be called last in its transaction: what is undone on disk would stay in memory. */
  learn(source: string, terms: DeliveryTerms): void {
    const text = JSON.stringify(terms)
    if (this.#known.get(source)?.text === text) return
    this.#sql.exec('INSERT OR REPLACE INTO sources VALUES (?, ?)', source, text)
    this.#known.set(source, { text, terms })
  }

  has(source: string): boolean {
    return this.#known.has(source)
  }

  all(): [string, DeliveryTerms][] {
    return [...this.#known].map(([source, { terms }]) => [source, terms])
  }

  /** @throws when the source never had an event here */
  termsOf(source: string): DeliveryTerms {
    const known = this.#known.get(source)
    if (!known) throw new Error(`the mailbox knows no source ${source}`)
    return known.terms
  }
}
