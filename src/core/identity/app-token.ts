import { SignJWT } from 'jose'
import { BoundedMap } from '#core/bounded-map.ts'
import { Fault } from '#core/fault.ts'
import type { Clock } from '#core/ports.ts'
import { whenKnown } from '#core/when-known.ts'
import type { TokenKeys } from './token-keys.ts'
import { VerifiedTokens } from './verified-tokens.ts'

/** Says what kind of token this is, so that none of another kind passes for it (RFC 8725 §3.11). */
export const appTokenType = 'gatehouse+jwt'

/** The audience of `/egress`; every token of an app carries it beside the app's own name. */
export const egressAudience = 'gatehouse:egress'

/** How long a token lives that travels with a forwarded request or a delivery. */
const forwardedSeconds = 300
/** One that has less than this left is not handed out again. */
const reusableSeconds = 240
/** Tokens remembered for reuse; beyond it the one made longest ago is forgotten. */
const maxRemembered = 10_000

/** Who acts at `/egress`: an app, on behalf of a subject. */
export interface AppIdentity {
  readonly kind: 'app'
  readonly app: string
  /** The caller that the app was called by, `webhook:<source>`, `anonymous`, or the workload of a token exchange. */
  readonly subject: string
  /** Where the subject is known; absent for a webhook. */
  readonly issuer?: string
  readonly scopes: readonly string[]
  readonly tokenId: string
}

/** On whose behalf an app is called. */
export interface Bearer {
  readonly app: string
  /** The caller at its issuer, or `webhook:<source>`. */
  readonly subject: string
  /** The caller's issuer; absent for a webhook. */
  readonly issuer?: string
  readonly scopes: readonly string[]
}

/** A token that is handed out again until then. */
interface Made {
  readonly token: string
  readonly reusableUntilMs: number
}

/**
 * Makes the tokens with which an app proves who it is: ES256, `iss` the gateway, `aud` the app and
 * `gatehouse:egress`, `sub` and `sub_id` (RFC 9493) the caller, `app`, `scope`, `jti`.
 */
export class AppTokens {
  readonly #keys: TokenKeys | undefined
  readonly #clock: Clock
  /** Tokens of ours that this isolate has verified a moment ago. */
  readonly verified = new VerifiedTokens<AppIdentity>()
  readonly #made = new BoundedMap<string, Made>(maxRemembered)
  /** The same, of bearers that come again as the same object: naming one costs more than all else. */
  readonly #latest = new WeakMap<Bearer, Made & { readonly entryDigest: string }>()

  constructor(keys: TokenKeys | undefined, clock: Clock) {
    this.#keys = keys
    this.#clock = clock
  }

  /** The same keys, with nothing remembered of what they were used for. */
  afresh(): AppTokens {
    return new AppTokens(this.#keys, this.#clock)
  }

  /**
   * The keys, for verifying and for publishing.
   *
   * @throws Fault `secret-missing` where `SIGNING_KEYS` is not set
   */
  get keys(): TokenKeys {
    if (!this.#keys) throw new Fault('secret-missing', 'SIGNING_KEYS is not set')
    return this.#keys
  }

  /**
   * A token of 5 minutes for a request that goes to the app; the same one again for the same bearer and
   * entry while more than 4 minutes of it remain, since a signature costs more than the rest of the way.
   *
   * @param entryDigest of the entry in force: another manifest gets another token
   * @throws Fault `secret-missing`
   */
  forwarded(bearer: Bearer, entryDigest: string): string | Promise<string> {
    const nowMs = this.#clock.now().getTime()
    const latest = this.#latest.get(bearer)
    if (latest && latest.entryDigest === entryDigest && nowMs < latest.reusableUntilMs) return latest.token
    const name = JSON.stringify([bearer.app, entryDigest, bearer.issuer, bearer.subject, bearer.scopes])
    const known = this.#made.get(name)
    const made = known && nowMs < known.reusableUntilMs ? known : this.#remade(name, bearer, nowMs)
    return whenKnown(made, ({ token, reusableUntilMs }) => {
      this.#latest.set(bearer, { token, reusableUntilMs, entryDigest })
      return token
    })
  }

  async #remade(name: string, bearer: Bearer, nowMs: number): Promise<Made> {
    const token = await this.minted(bearer, forwardedSeconds)
    const made = { token, reusableUntilMs: nowMs + (forwardedSeconds - reusableSeconds) * 1000 }
    this.#made.set(name, made)
    return made
  }

  /**
   * A fresh token.
   *
   * @throws Fault `secret-missing`
   */
  async minted({ app, subject, issuer, scopes }: Bearer, lifetimeSeconds: number): Promise<string> {
    const { kid, key } = await this.keys.signing()
    const nowSeconds = Math.floor(this.#clock.now().getTime() / 1000)
    const subjectId = issuer !== undefined && { sub_id: { format: 'iss_sub', iss: issuer, sub: subject } }
    return new SignJWT({ app, scope: scopes.join(' '), ...subjectId })
      .setProtectedHeader({ alg: 'ES256', typ: appTokenType, kid })
      .setIssuer(this.keys.issuer)
      .setAudience([app, egressAudience])
      .setSubject(subject)
      .setJti(crypto.randomUUID())
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + lifetimeSeconds)
      .sign(key)
  }
}
