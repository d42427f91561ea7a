import { Fault } from '#core/fault.ts'

/** Request bodies an isolate holds at once; an isolate has 128 MB for everything. */
export const isolateBodyBytes = 50_331_648

/** Bytes that an isolate may still take in, shared by all its requests. */
export class BodyBudget {
  #heldBytes = 0
  readonly #limitBytes: number

  constructor(limitBytes: number = isolateBodyBytes) {
    this.#limitBytes = limitBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Takes bytes from the budget, or takes none and says so. */
  take(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.#limitBytes) return false
    this.#heldBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#heldBytes -= bytes
  }
}

type BodyStream = ReadableStream<Uint8Array> | null

/**
 * One request's body, up to a cap. Whoever must judge it reads it whole, within the isolate's budget, and as
 * often as needed; where nobody did, it streams through to the app and costs no memory.
 */
export class BodyReader {
  readonly #open: () => BodyStream | Promise<BodyStream>
  readonly #budget: BodyBudget
  readonly #statedBytes: number | undefined
  #capBytes = 0
  #takenBytes = 0
  #bytes: Uint8Array<ArrayBuffer> | undefined
  #passedBytes = 0
  #failure: Fault | undefined

  constructor(open: () => BodyStream | Promise<BodyStream>, contentLength: string | null, budget: BodyBudget) {
    this.#open = open
    this.#budget = budget
    this.#statedBytes = contentLength !== null && /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : undefined
  }

  /** What `content-length` says, where it says a number. */
  get statedBytes(): number | undefined {
    return this.#statedBytes
  }

  /** What went wrong with a body that was streaming, for whoever finds that the other end has failed. */
  get failure(): Fault | undefined {
    return this.#failure
  }

  /** Bytes of the body that have been read or passed on, as far as that is known here. */
  get seenBytes(): number {
    return this.#bytes?.length ?? (this.#passedBytes || (this.#statedBytes ?? 0))
  }

  /** Every later read obeys this cap; before it is set nothing can be read. */
  capAt(bytes: number): void {
    this.#capBytes = bytes
  }

  /**
   * The whole body. The stated length is taken from the budget first; without one it is taken as it grows.
   *
   * @throws Fault `body-too-large` past the cap, `overloaded` when the isolate holds too much already, and
   *   `request-invalid` when the sender goes away before the end
   */
  async read(): Promise<Uint8Array<ArrayBuffer>> {
    this.#bytes ??= await this.#readWhole()
    return this.#bytes
  }

  /**
   * The body for the next hop: the bytes where somebody has read them, else the stream itself. A stream of
   * no stated length is counted as it passes, and fails with `body-too-large` past the cap and with
   * `request-invalid` where the sender goes away; one of a stated length is held to it by HTTP, and to the cap before.
   *
   * @param broken called before such a stream fails: whoever sends it on must break off, or the runtime ends it
   *   as if it were whole
   */
  async forwarded(broken: () => void): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null> {
    if (this.#bytes) return this.#bytes.length > 0 ? this.#bytes : null
    if (this.#statedBytes === 0) return null
    const stream = await this.#open()
    if (!stream || (this.#statedBytes !== undefined && this.#statedBytes <= this.#capBytes)) return stream
    return this.#counted(stream.getReader(), broken)
  }

  /** Puts other bytes in place of those that were read: whoever asks next gets these. */
  replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes
  }

  #counted(reader: ReadableStreamDefaultReader<Uint8Array>, broken: () => void): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          try {
            const { done, value } = await reader.read()
            if (done) return controller.close()
            this.#passedBytes += value.length
            if (this.#passedBytes > this.#capBytes)
              throw new Fault('body-too-large', `more than ${this.#capBytes} bytes`)
            controller.enqueue(value)
          } catch (error) {
            this.#failure =
              error instanceof Fault ? error : new Fault('request-invalid', `the body ended early: ${error}`)
            reader.cancel().catch(() => {})
            broken()
            controller.error(this.#failure)
          }
        },
        cancel: reason => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    )
  }

  async #readWhole(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#statedBytes !== undefined) this.#take(this.#statedBytes)
    const stream = await this.#open()
    if (!stream) return new Uint8Array()
    const chunks: Uint8Array[] = []
    let length = 0
    const reader = stream.getReader()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        length += value.length
        if (length > this.#takenBytes) this.#take(length - this.#takenBytes)
        chunks.push(value)
      }
    } catch (error) {
      reader.cancel().catch(() => {})
      if (error instanceof Fault) throw error
      throw new Fault('request-invalid', `the body ended early: ${error}`)
    }
    return joined(chunks, length)
  }

  /** Gives back what was taken; to be called once the bytes are no longer held. */
  release(): void {
    this.#budget.give(this.#takenBytes)
    this.#takenBytes = 0
  }

  #take(bytes: number): void {
    if (this.#takenBytes + bytes > this.#capBytes)
      throw new Fault('body-too-large', `more than ${this.#capBytes} bytes`)
    if (!this.#budget.take(bytes))
      throw new Fault('overloaded', `this isolate holds ${this.#budget.heldBytes} bytes of bodies`)
    this.#takenBytes += bytes
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
