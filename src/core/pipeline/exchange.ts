import type { Way } from '#core/egress/judge.ts'
import type { Target } from '#core/egress/target.ts'
import type { FoundToken } from '#core/egress/token-slots.ts'
import type { Principal } from '#core/identity/principal.ts'
import type { LimitState } from '#core/limits/rate-headers.ts'
import type { ApiRoute } from '#core/manifest/api-schema.ts'
import type { Entry } from '#core/manifest/entry.ts'
import type { WebhookSource } from '#core/manifest/webhook-schema.ts'
import type { AppKeys } from '#core/masking/app-keys.ts'
import type { MaskingPass } from '#core/masking/pass.ts'
import type { Origin } from '#core/residency/region-of.ts'
import type { ChosenUpstream } from '#core/steer/upstream.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import type { BodyReader } from './body.ts'
import type { SentHeaders } from './sent-headers.ts'

/**
 * `apps` and `egress` are the API door and the way out, `token` is where workloads get tokens; `delivery` is an
 * event on its way to the app.
 */
export type Door = 'hooks' | 'delivery' | 'apps' | 'egress' | 'token'

/** One request on its way. Readonly: a policy hands a changed copy on through its verdict. */
export interface Exchange {
  readonly door: Door
  readonly requestId: string
  readonly receivedAt: Date
  /** The app as the URL names it; not yet known to exist. */
  readonly app: string
  /** The host of the app's own at which it was requested; only on `apps`. */
  readonly host?: string
  /** The webhook source as the URL names it; only on `hooks` and `delivery`. */
  readonly source?: string
  readonly method: string
  /** As it was requested, its path untouched: what is judged must be what was sent. */
  readonly url: string
  readonly headers: Headers
  /** The same, as the door has read them. */
  readonly sent?: SentHeaders
  readonly body: BodyReader
  /** Gives the signal that is aborted when whoever asked goes away before the answer begins, where the runtime can tell. */
  readonly gone?: () => AbortSignal
  /** The client's, as limits count it; absent for what no client sent. */
  readonly address?: string
  /** Set by `registered`. */
  readonly entry?: Entry
  /** Set by `route`. */
  readonly webhook?: {
    readonly name: string
    readonly source: WebhookSource
    readonly scheme: Scheme
    readonly hops: number
  }
  /** Set by `route` on `apps`. */
  readonly api?: {
    readonly route: ApiRoute
    /** What is the app's own of the URL, as it was sent: the path from its first slash on, and the query. */
    readonly path: string
    readonly query: string
    /** The values of the path's `{parameters}`, as they were sent. */
    readonly params: Readonly<Record<string, string>>
    readonly hops: number
  }
  /** Set by `app-token`: the token of the app that goes out, and where it stood. */
  readonly appToken?: FoundToken
  /** Set by `target`: where the app goes, and the headers that leave with it. */
  readonly target?: Target
  readonly departing?: Headers
  /** Set by `allow-list`; absent where shadow mode lets pass what no rule is about. */
  readonly way?: Way
  /** Set by `webhook-signature`. */
  readonly verified?: {
    readonly bytes: Uint8Array<ArrayBuffer>
    readonly signedBytes: Uint8Array<ArrayBuffer>
    readonly secret: string
    /** The body as JSON, parsed once for all who ask; `undefined` when it is none. */
    readonly document: () => unknown
  }
  /** Set by `piiMasking` on `hooks`: what may be stored of it, in place of what came. */
  readonly stored?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly headers: Headers }
  /** Set by `piiMasking` where originals are to be put back into the answer. */
  readonly restorable?: { readonly pass: MaskingPass; readonly keys: AppKeys }
  /** How many values were masked in it, where a rule looked for any. */
  readonly maskedValues?: number
  /** Set by the policy that verified a token. */
  readonly principal?: Principal
  /** Tells where the network saw the request come from, as far as the door was told. */
  readonly origin?: () => Origin
  /** Where everything of it is kept and sent. Set by `residency`; on `delivery` the event's own. */
  readonly region?: string
  /** Set by `rollout` where it is not stable. */
  readonly upstream?: ChosenUpstream
  /** Set by the runner when a policy drops the request: it is kept, and nothing further is done with it. */
  readonly isDropped?: true
  /** How the limits stand that the request has met so far. */
  readonly limits?: readonly LimitState[]
  /** The claim that `idempotency` made, by its id and the token that settles it. */
  readonly claim?: { readonly id: string; readonly token: string; readonly settled: () => void }
  /** Gives back the slot that `concurrency` took. */
  readonly leave?: () => void
  /** Headers for the answer, whatever it turns out to be. The runner joins those of all policies. */
  readonly replyHeaders?: Readonly<Record<string, string>>
}

/** A policy asks for what none before it has set: a mistake in the pipeline's order, or what follows from a deny. */
export class Unsettled extends Error {
  readonly part: string

  constructor(part: string) {
    super(`the pipeline asks for \`${part}\` before a policy has set it`)
    this.part = part
  }
}

/**
 * A part of the exchange that an earlier stage has set. Asking for it too early is a mistake in the
 * pipeline's order, so it throws.
 */
export function settled<
  Part extends
    | 'entry'
    | 'source'
    | 'webhook'
    | 'api'
    | 'verified'
    | 'principal'
    | 'region'
    | 'appToken'
    | 'target'
    | 'departing',
>(exchange: Exchange, part: Part): NonNullable<Exchange[Part]> {
  const value = exchange[part]
  if (value === undefined) throw new Unsettled(part)
  return value as NonNullable<Exchange[Part]>
}
