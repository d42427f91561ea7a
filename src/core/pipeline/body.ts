import { Fault } from '#core/fault.ts'
import { joined } from '#core/joined.ts'
import { whenKnown } from '#core/when-known.ts'
import { within } from '#core/within.ts'

/** Request bodies an isolate holds at once; an isolate has 128 MB for everything. */
export const isolateBodyBytes = 50_331_648

/** Whoever sends a request and then nothing for so long is no longer listened to. */
export const silenceMs = 30_000
/** A body of at most so many bytes is waited for before it is passed on, and so much of any body is taken at first. */
const smallBytes = 65_536

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
    if (!this.has(bytes)) return false
    this.#heldBytes += bytes
    return true
  }

  /** Whether so many could be taken now. */
  has(bytes: number): boolean {
    return this.#heldBytes + bytes <= this.#limitBytes
  }

  give(bytes: number): void {
    this.#heldBytes -= bytes
  }
}

type BodyStream = ReadableStream<Uint8Array> | null

/** A body for the next hop; `null` where there is none. */
type ForwardedBody = Uint8Array<ArrayBuffer> | BodyStream

/**
 * One request's body, up to a cap. Whoever must judge it reads it whole, within the isolate's budget, and as
 * often as needed; where nobody did, it streams through to the app and costs no memory.
 */
export class BodyReader {
  readonly #open: () => BodyStream | Promise<BodyStream>
  readonly #budget: BodyBudget
  readonly #statedBytes: number | undefined
  readonly #silenceMs: number | undefined
  #capBytes = 0
  #takenBytes = 0
  #bytes: Uint8Array<ArrayBuffer> | undefined
  #passedBytes = 0
  #failure: Fault | undefined

  /** @param silenceMs how long nothing may come; absent: as long as it likes */
  constructor(
    open: () => BodyStream | Promise<BodyStream>,
    contentLength: string | null,
    budget: BodyBudget,
    silenceMs?: number,
  ) {
    this.#open = open
    this.#budget = budget
    this.#silenceMs = silenceMs
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
   * The whole body. A small stated length is taken from the budget first; else twice what has come, so that who
   * states much and sends nothing takes little from others.
   *
   * @throws Fault `body-too-large` past the cap, `overloaded` when the isolate holds too much already, and
   *   `request-invalid` when the sender goes away before the end, or falls silent
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
  forwarded(broken: () => void): ForwardedBody | Promise<ForwardedBody> {
    if (this.#bytes) return this.#bytes.length > 0 ? this.#bytes : null
    if (this.#statedBytes === 0) return null
    return whenKnown(this.#open(), stream => {
      if (!stream || (this.#statedBytes !== undefined && this.#statedBytes <= this.#capBytes)) return stream
      return this.#counted(stream.getReader(), broken)
    })
  }

  /**
   * Waits for the whole body where it states a small length and there is room, so that nobody takes a slow sender for a
   * slow app.
   *
   * @throws what `read` throws
   */
  readSmall(): Promise<unknown> | undefined {
    const { statedBytes = 0 } = this
    const isSmall = statedBytes > 0 && statedBytes <= Math.min(smallBytes, this.#capBytes)
    return isSmall && this.#budget.has(smallBytes) ? this.read() : undefined
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
            if (this.#passedBytes > this.#capBytes) throw this.#tooLarge()
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
    const stated = this.#statedBytes ?? 0
    if (stated > this.#capBytes) throw this.#tooLarge()
    this.#take(Math.min(stated, smallBytes))
    const stream = await this.#open()
    if (!stream) return new Uint8Array()
    const chunks: Uint8Array[] = []
    let length = 0
    const reader = stream.getReader()
    try {
      for (;;) {
        const reading = reader.read()
        const { done, value } = await (this.#silenceMs === undefined ? reading : within(this.#silenceMs, reading))
        if (done) break
        length += value.length
        if (length > this.#takenBytes) this.#take(Math.max(length, Math.min(2 * length, stated)) - this.#takenBytes)
        chunks.push(value)
      }
    } catch (error) {
      reader.cancel().catch(() => {})
      if (error instanceof Fault) throw error
      throw new Fault('request-invalid', `the body ended early: ${error}`)
    }
    return joined(chunks)
  }

  /** Gives back what was taken; to be called once the bytes are no longer held. */
  release(): void {
    this.#budget.give(this.#takenBytes)
    this.#takenBytes = 0
  }

  #tooLarge(): Fault {
    return new Fault('body-too-large', `more than ${this.#capBytes} bytes`)
  }

  #take(bytes: number): void {
    if (this.#takenBytes + bytes > this.#capBytes) throw this.#tooLarge()
    if (!this.#budget.take(bytes))
      throw new Fault('overloaded', `this isolate holds ${this.#budget.heldBytes} bytes of bodies`)
    this.#takenBytes += bytes
  }
}
