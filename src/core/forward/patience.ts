/** Most answers are there sooner, and nobody pays for watching their callers. */
const watchAfterMs = 200

/** How long an app has to begin its answer, and whether anybody still waits for it. */
export class Patience {
  readonly #abort = new AbortController()
  readonly #gone: (() => AbortSignal) | undefined
  #watched: AbortSignal | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether it ended because the caller went away. */
  isLeft = false

  /** @param gone tells when the caller goes away; absent: the app is waited for all the same */
  constructor(gone: (() => AbortSignal) | undefined) {
    this.#gone = gone
  }

  /** From now on the app has so long. */
  begin(timeoutMs: number): void {
    const restMs = timeoutMs - watchAfterMs
    const isWatched = this.#gone !== undefined && restMs > 0
    this.#timer = isWatched ? setTimeout(() => this.#watch(restMs), watchAfterMs) : setTimeout(this.end, timeoutMs)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Waits no longer. */
  readonly end = (): void => this.#abort.abort()

  /** To be called once the answer has begun, or there will be none. */
  release(): void {
    clearTimeout(this.#timer)
    this.#watched?.removeEventListener('abort', this.#leave)
  }

  readonly #leave = (): void => {
    this.isLeft = true
    this.end()
  }

  #watch(restMs: number): void {
    this.#timer = setTimeout(this.end, restMs)
    this.#watched = this.#gone?.()
    if (this.#watched?.aborted) this.#leave()
    else this.#watched?.addEventListener('abort', this.#leave)
  }
}
