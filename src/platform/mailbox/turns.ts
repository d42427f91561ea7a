/**
 * Group commit. Work that comes while the disk is busy with the last turn is done together in the next
 * one, so that a burst costs one flush for many events instead of one each; with nothing under way it is
 * done at once. Each piece of work is a transaction of its own; nobody hears of its result before it is
 * on disk, since the object's output gate holds every answer until then.
 */
export class Turns {
  readonly #storage: DurableObjectStorage
  readonly #afterwards: () => void
  readonly #ended: (failure: unknown) => void
  #waiting: (() => void)[] = []
  #isUnderWay = false

  /**
   * @param afterwards done once at the end of each turn, in a transaction of its own
   * @param ended told that this transaction stands, or (with what was thrown) that it was undone
   */
  constructor(storage: DurableObjectStorage, afterwards: () => void, ended: (failure: unknown) => void) {
    this.#storage = storage
    this.#afterwards = afterwards
    this.#ended = ended
  }

  /** Does the work in this turn or the next. Rejects with whatever the work throws; its writes are undone then. */
  run<Result>(work: () => Result): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#waiting.push(() => {
      try {
        resolve(this.#storage.transactionSync(work))
      } catch (error) {
        reject(error)
      }
    })
    if (!this.#isUnderWay) this.#turn()
    return promise
  }

  #turn(): void {
    this.#isUnderWay = true
    const jobs = this.#waiting
    this.#waiting = []
    for (const job of jobs) job()
    this.#ended(this.#failureOf(this.#afterwards))
    this.#storage.sync().finally(() => this.#next())
  }

  #failureOf(work: () => void): unknown {
    try {
      this.#storage.transactionSync(work)
      return undefined
    } catch (error) {
      return error
    }
  }

  #next(): void {
    this.#isUnderWay = false
    if (this.#waiting.length > 0) this.#turn()
  }
}
