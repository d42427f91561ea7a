import type { Digests } from '#core/ports.ts'

/** SHA-256 works on blocks of 64 bytes, and HMAC pads its key to one. */
const blockBytes = 64

/**
 * HMAC-SHA256 (RFC 2104) of bytes that pass by piece by piece and need not be held: `H(K ^ opad, H(K ^ ipad, m))`.
 * To be ended or dropped, once.
 */
export class RunningHmac {
  readonly #outerPad: Uint8Array
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #inner: Promise<Uint8Array>

  private constructor(
    outerPad: Uint8Array,
    writer: WritableStreamDefaultWriter<Uint8Array>,
    inner: Promise<Uint8Array>,
  ) {
    this.#outerPad = outerPad
    this.#writer = writer
    this.#inner = inner
    inner.catch(() => {})
  }

  /** @param key of any length; one longer than a block stands for its SHA-256, as the RFC has it */
  static async under(key: Uint8Array<ArrayBuffer>, digests: Digests): Promise<RunningHmac> {
    const block = key.length > blockBytes ? await sha256(key) : key
    const { stream, digest } = digests.sha256()
    const hmac = new RunningHmac(padded(block, 0x5c), stream.getWriter(), digest)
    await hmac.add(padded(block, 0x36))
    return hmac
  }

  /** The piece may be written over once this has resolved. */
  add(piece: Uint8Array): Promise<void> {
    return this.#writer.write(piece)
  }

  /** @returns the 32 bytes of the code */
  async end(): Promise<Uint8Array> {
    await this.#writer.close()
    const outer = new Uint8Array(blockBytes + 32)
    outer.set(this.#outerPad)
    outer.set(await this.#inner, blockBytes)
    return sha256(outer)
  }

  /** Lets go of a code that nobody will have. */
  drop(): void {
    this.#writer.abort().catch(() => {})
  }
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  return new Uint8Array(blockBytes).map((_, at) => (key[at] ?? 0) ^ pad)
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}
