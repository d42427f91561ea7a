/**
 * Waits for one thing after the other, each at most so long, with one timer for all of them: a timer for each piece
 * of an answer would cost more than the piece.
 */
export class PauseWatch {
  readonly #pauseMs: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #sinceMs = 0
  /** Ends the wait that is going on; absent while nothing is waited for. */
  #interrupt: (() => void) | undefined

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs
  }

  /** What the work leads to, or `late`; to be called again only once that is there. Work that fails is `failed`. */
  within<Value>(work: Promise<Value>): Promise<Value | 'late' | 'failed'> {
    this.#sinceMs = Date.now()
    this.#timer ??= setTimeout(() => this.#check(), this.#pauseMs)
    return new Promise(resolve => {
      this.#interrupt = () => resolve('late')
      const end = (value: Value | 'failed') => {
        this.#interrupt = undefined
        resolve(value)
      }
      work.then(end, () => end('failed'))
    })
  }

  /** To be called once nothing more is waited for. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#interrupt = undefined
  }

  #check(): void {
    this.#timer = undefined
    const waitedMs = this.#interrupt ? Date.now() - this.#sinceMs : 0
    if (waitedMs >= this.#pauseMs) this.#interrupt?.()
    else if (this.#interrupt) this.#timer = setTimeout(() => this.#check(), this.#pauseMs - waitedMs)
  }
}
