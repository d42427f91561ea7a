import { BoundedMap } from '#core/bounded-map.ts'
import { utf8Bytes } from '#core/encoding.ts'

/** Tokens remembered at most; beyond it the one verified longest ago is forgotten. */
const maxRemembered = 10_000
/** A token is verified again after so long, however long it lives. */
const maxSeconds = 60

/** Names remembered at most, and of texts of what length: hashing costs more than all else that a known token needs. */
const maxNamed = 1_000
const namedCharacters = 4_096

interface Remembered<Value> {
  readonly value: Value
  readonly untilMs: number
}

/**
 * Tokens that were verified a moment ago, by SHA-256 of the whole token together with what it was verified
 * for: a token that one app takes, or that one manifest takes, is nothing to another.
 */
export class VerifiedTokens<Value> {
  readonly #names = new BoundedMap<string, string>(maxNamed)
  readonly #remembered = new BoundedMap<string, Remembered<Value>>(maxRemembered)

  /** The name under which a token is remembered: 32 bytes as 32 characters. */
  nameOf(token: string, verifiedFor: string): string | Promise<string> {
    const text = `${verifiedFor}\n${token}`
    return this.#names.get(text) ?? this.#named(text)
  }

  async #named(text: string): Promise<string> {
    const digest = await crypto.subtle.digest('SHA-256', utf8Bytes(text))
    const name = String.fromCharCode(...new Uint8Array(digest))
    if (text.length > namedCharacters) return name
    this.#names.set(text, name)
    return name
  }

  get(name: string, nowMs: number): Value | undefined {
    const remembered = this.#remembered.get(name)
    return remembered && nowMs < remembered.untilMs ? remembered.value : undefined
  }

  /** What is remembered of a token whose name is at hand: a look into memory, and nothing more. */
  known(token: string, verifiedFor: string, nowMs: number): Value | undefined {
    const name = this.#names.get(`${verifiedFor}\n${token}`)
    return name === undefined ? undefined : this.get(name, nowMs)
  }

  /** @param expiresAtMs the end of the token itself */
  set(name: string, value: Value, nowMs: number, expiresAtMs: number, seconds = maxSeconds): void {
    const untilMs = Math.min(expiresAtMs, nowMs + Math.min(seconds, maxSeconds) * 1000)
    if (untilMs > nowMs) this.#remembered.set(name, { value, untilMs })
    else this.forget(name)
  }

  forget(name: string): void {
    this.#remembered.delete(name)
  }
}
