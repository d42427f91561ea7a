import type { Encoding } from '#core/encoding.ts'

export type HmacAlgorithm = 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha512'

/**
 * How one vendor signs, as a row of data. `verify.ts` is the only interpreter, `sign.ts` its inverse;
 * neither knows a vendor by name.
 */
export interface Scheme {
  readonly algorithm: HmacAlgorithm
  /** How the text of a secret becomes the key: its UTF-8 bytes, or base64 after `whsec_`. */
  readonly secret: 'utf8' | 'whsec'
  readonly signature: {
    readonly header: string
    /** Between items, where the header may hold several signatures. Absent: the header is one signature. */
    readonly separator?: ' ' | ','
    /** What stands before a signature. Items with another prefix are not signatures and are passed over. */
    readonly prefix: string
    readonly encoding: Encoding
  }
  /** What is signed, with `{body}`, `{timestamp}` and `{id}` standing for their raw bytes. */
  readonly signed: string
  /** Seconds since 1970, in a header of its own or as an item of the signature header. */
  readonly timestamp?: { readonly header: string } | { readonly prefix: string }
  /** Where the vendor's event id stands; the first that is there counts. Empty: the vendor gives none. */
  readonly ids: readonly EventIdPlace[]
  /** How long the vendor may send the same event again: its retry horizon, as read in its documentation. */
  readonly dedupeHours: number
  /** How long the vendor waits for its answer, where its documentation says. */
  readonly deadlineMs?: number
  /** Other headers that carry a signature or a token: they are never stored nor passed on. */
  readonly alsoSecret?: readonly string[]
  readonly handshake?: Handshake
}

/** `signed` says whether the vendor's signature covers the id; a header's may not be. */
export type EventIdPlace =
  | { readonly header: string; readonly signed: boolean; readonly scope?: string }
  | { readonly pointer: string; readonly signed: true }

/** A signed request that asks for an echo instead of bringing an event. */
export interface Handshake {
  /** JSON pointer and the value that tells a handshake from an event. */
  readonly when: { readonly pointer: string; readonly equals: string }
  /** JSON pointer to the text to send back, as `text/plain`. */
  readonly echo: string
}
