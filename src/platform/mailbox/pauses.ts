/** Stands for every source of the app. */
const wholeApp = '*'

/** The sources whose deliveries wait until somebody resumes them. Accepting goes on, and order is kept. */
export class Pauses {
  readonly #sql: SqlStorage
  readonly #paused: Set<string>

  constructor(sql: SqlStorage) {
    this.#sql = sql
    this.#paused = new Set(
      sql
        .exec<{ source: string }>('SELECT source FROM pauses')
        .toArray()
        .map(({ source }) => source),
    )
  }

  has(source: string): boolean {
    return this.#paused.has(wholeApp) || this.#paused.has(source)
  }

  /**
   * @param source `undefined`: the whole app
   * @returns whether that changed anything
   */
  set(source: string | undefined, isPaused: boolean): boolean {
    const name = source ?? wholeApp
    const before = this.#paused.size
    if (isPaused) {
      this.#paused.add(name)
      this.#sql.exec('INSERT OR IGNORE INTO pauses VALUES (?)', name)
      return this.#paused.size !== before
    }
    const resumed = source === undefined ? [...this.#paused] : [name]
    for (const one of resumed) {
      this.#paused.delete(one)
      this.#sql.exec('DELETE FROM pauses WHERE source = ?', one)
    }
    return this.#paused.size !== before
  }

  /** What is paused by name; `*` for the whole app. */
  all(): string[] {
    return [...this.#paused]
  }

  /** As another mailbox of the app has it. */
  copy(names: readonly string[]): void {
    for (const name of names) this.set(name === wholeApp ? undefined : name, true)
  }

  /** Which of an app's sources are paused. */
  among(sources: readonly string[]): string[] {
    return sources.filter(source => this.has(source))
  }
}
