import { utf8Bytes } from '#core/encoding.ts'

/** Tokens remembered at most; beyond it the one verified longest ago is forgotten. */
const maxRemembered = 10_000
/** A token is verified again after so long, however long it lives. */
const maxSeconds = 60

/**
 * Tokens whose names are remembered, how long such a token may be, and for how many things one may be verified: hashing
 * costs more than all else that a known token needs.
 */
const maxNamed = 1_000
const namedCharacters = 4_096
const maxNames = 8

/** The name of a token, verified for something. */
interface Name {
  readonly verifiedFor: string
  readonly name: string
}

interface Remembered<Value> {
  readonly value: Value
  readonly untilMs: number
}

const none: readonly Name[] = []

/**
 * Tokens that were verified a moment ago, by SHA-256 of the whole token together with what it was verified
 * for: a token that one app takes, or that one manifest takes, is nothing to another.
 */
export class VerifiedTokens<Value> {
  /** By token, those made last first. */
  readonly #names = new Map<string, readonly Name[]>()
  readonly #remembered = new Map<string, Remembered<Value>>()

  /** The name under which a token is remembered: 32 bytes as 32 characters. */
  nameOf(token: string, verifiedFor: string): string | Promise<string> {
    return this.#nameKnown(token, verifiedFor) ?? this.#named(token, verifiedFor)
  }

  #nameKnown(token: string, verifiedFor: string): string | undefined {
    for (const known of this.#names.get(token) ?? none) if (known.verifiedFor === verifiedFor) return known.name
    return undefined
  }

  async #named(token: string, verifiedFor: string): Promise<string> {
    const digest = await crypto.subtle.digest('SHA-256', utf8Bytes(`${verifiedFor}\n${token}`))
    const name = String.fromCharCode(...new Uint8Array(digest))
    if (token.length > namedCharacters) return name
    const others = (this.#names.get(token) ?? none).filter(other => other.name !== name)
    this.#names.set(token, [{ verifiedFor, name }, ...others].slice(0, maxNames))
    if (this.#names.size > maxNamed) this.#names.delete(this.#names.keys().next().value ?? '')
    return name
  }

  get(name: string, nowMs: number): Value | undefined {
    const remembered = this.#remembered.get(name)
    return remembered && nowMs < remembered.untilMs ? remembered.value : undefined
  }

  /** What is remembered of a token whose name is at hand: a look into memory, and nothing more. */
  known(token: string, verifiedFor: string, nowMs: number): Value | undefined {
    const name = this.#nameKnown(token, verifiedFor)
    return name === undefined ? undefined : this.get(name, nowMs)
  }

  /** @param expiresAtMs the end of the token itself */
  set(name: string, value: Value, nowMs: number, expiresAtMs: number, seconds = maxSeconds): void {
    const untilMs = Math.min(expiresAtMs, nowMs + Math.min(seconds, maxSeconds) * 1000)
    this.#remembered.delete(name)
    if (untilMs <= nowMs) return
    this.#remembered.set(name, { value, untilMs })
    if (this.#remembered.size > maxRemembered) this.forget(this.#remembered.keys().next().value ?? '')
  }

  forget(name: string): void {
    this.#remembered.delete(name)
  }
}
