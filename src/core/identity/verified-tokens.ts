import { utf8Bytes } from '#core/encoding.ts'

/** Tokens remembered at most; beyond it the one verified longest ago is forgotten. */
const maxRemembered = 10_000
/** A token is verified again after so long, however long it lives. */
const maxSeconds = 60

interface Remembered<Value> {
  readonly value: Value
  readonly untilMs: number
}

/**
 * Tokens that were verified a moment ago, by SHA-256 of the whole token together with what it was verified
 * for: a token that one app takes, or that one manifest takes, is nothing to another.
 */
export class VerifiedTokens<Value> {
  readonly #remembered = new Map<string, Remembered<Value>>()

  /** The name under which a token is remembered: 32 bytes as 32 characters. */
  static async nameOf(token: string, verifiedFor: string): Promise<string> {
    const digest = await crypto.subtle.digest('SHA-256', utf8Bytes(`${verifiedFor}\n${token}`))
    return String.fromCharCode(...new Uint8Array(digest))
  }

  get(name: string, nowMs: number): Value | undefined {
    const remembered = this.#remembered.get(name)
    return remembered && nowMs < remembered.untilMs ? remembered.value : undefined
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
