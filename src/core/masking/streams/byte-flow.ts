import { utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import { joined } from '#core/joined.ts'
import type { TextFlow } from './text-flow.ts'

/** Bytes in, bytes out. */
export interface Bytes {
  push(bytes: Uint8Array): Uint8Array
  end(): Uint8Array
}

const defaultMaxBytes = 26_214_400

export const ByteFlow = {
  /** A flow of text, as UTF-8; a byte order mark is dropped. A character may be split over chunks. */
  ofText(flow: TextFlow): Bytes {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
    const decoded = (bytes?: Uint8Array) => {
      try {
        return bytes ? utf8.decode(bytes, { stream: true }) : utf8.decode()
      } catch {
        throw new Fault('masking-failed', 'the stream is not UTF-8')
      }
    }
    return {
      push: bytes => utf8Bytes(flow.push(decoded(bytes))),
      end: () => utf8Bytes(flow.push(decoded()) + flow.end()),
    }
  },

  /** A body that is rewritten when it is whole. */
  ofWhole(rewrite: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array, maxBytes = defaultMaxBytes): Bytes {
    const chunks: Uint8Array[] = []
    let length = 0
    return {
      push(bytes) {
        length += bytes.length
        if (length > maxBytes) throw new Fault('masking-failed', `the body is longer than ${maxBytes} bytes`)
        chunks.push(bytes)
        return new Uint8Array()
      },
      end() {
        return rewrite(joined(chunks))
      },
    }
  },
}
