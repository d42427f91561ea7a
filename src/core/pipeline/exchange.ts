import type { Entry } from '#core/manifest/entry.ts'
import type { WebhookSource } from '#core/manifest/webhook-schema.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import type { BodyReader } from './body.ts'

export type Door = 'hooks' | 'delivery'

/** One request on its way. Readonly: a policy hands a changed copy on through its verdict. */
export interface Exchange {
  readonly door: Door
  readonly requestId: string
  readonly receivedAt: Date
  /** The app as the URL names it; not yet known to exist. */
  readonly app: string
  readonly source: string
  readonly method: string
  readonly headers: Headers
  readonly body: BodyReader
  /** Set by `registered`. */
  readonly entry?: Entry
  /** Set by `route`. */
  readonly webhook?: { readonly source: WebhookSource; readonly scheme: Scheme; readonly hops: number }
  /** Set by `webhook-signature`. */
  readonly verified?: {
    readonly bytes: Uint8Array<ArrayBuffer>
    readonly signedBytes: Uint8Array<ArrayBuffer>
    readonly secret: string
    /** The body as JSON, parsed once for all who ask; `undefined` when it is none. */
    readonly document: () => unknown
  }
  /** Set by the runner when a policy drops the request: it is kept, and nothing further is done with it. */
  readonly isDropped?: true
  /** Headers for the answer, whatever it turns out to be. */
  readonly replyHeaders?: Readonly<Record<string, string>>
}

/**
 * A part of the exchange that an earlier stage has set. Asking for it too early is a mistake in the
 * pipeline's order, so it throws.
 */
export function settled<Part extends 'entry' | 'webhook' | 'verified'>(
  exchange: Exchange,
  part: Part,
): NonNullable<Exchange[Part]> {
  const value = exchange[part]
  if (!value) throw new Error(`the pipeline asks for \`${part}\` before a policy has set it`)
  return value as NonNullable<Exchange[Part]>
}
