import type { Credential } from '#core/manifest/egress-credential.ts'
import type { Clock, Upstreams } from '#core/ports.ts'
import type { Secret } from '#core/secrets/secret.ts'
import type { Settings } from '#core/settings/settings.ts'

/** A request just before it leaves: what was judged, with the headers that leave. */
export interface Outgoing {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  /** There only when the kind of credential asked for it. */
  readonly body?: Uint8Array<ArrayBuffer>
}

/** The request with its credential, and every text that must not come back. */
export interface Injected {
  readonly url: URL
  readonly headers: Headers
  readonly hidden: readonly string[]
}

/** What injecting may need of the outside. */
export interface BrokerPorts {
  readonly settings: Settings
  readonly clock: Clock
  readonly upstreams: Upstreams
  readonly background: (work: Promise<unknown>) => void
}

/** One way of proving oneself. */
export interface Kind<Shape extends Credential> {
  /** Whether the whole body must be in memory, since the proof covers it. */
  needsBody(credential: Shape, headers: Headers): boolean
  /**
   * Adds the credential to copies of URL and headers; what the app put into its slot is replaced.
   *
   * @param secrets in the order of `secretsOf`
   */
  inject(
    credential: Shape,
    secrets: readonly Secret[],
    outgoing: Outgoing,
    ports: BrokerPorts,
  ): Injected | Promise<Injected>
}
