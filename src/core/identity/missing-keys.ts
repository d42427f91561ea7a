import { BoundedMap } from '#core/bounded-map.ts'

/** Keys that no set holds are looked for again: so many times at once, and then once in so many seconds. */
const lookAgain = { burst: 5, everySeconds: 10 }
/** A name that was looked for in vain is not looked for again before so long. */
const missingSeconds = 10
const maxMissing = 1_000

/** Strangers may name keys that an issuer does not have; they must not make the gateway ask it for each. */
export class MissingKeys {
  #looksLeft = lookAgain.burst
  #looksAtMs = 0
  readonly #untilMs = new BoundedMap<string, number>(maxMissing)

  /** Whether the issuer may be asked for a key; if so, that counts as asked. */
  mayLook(kid: string, nowMs: number): boolean {
    if (nowMs < (this.#untilMs.get(kid) ?? 0)) return false
    const earned = Math.floor((nowMs - this.#looksAtMs) / (lookAgain.everySeconds * 1000))
    if (earned > 0) {
      this.#looksLeft = Math.min(lookAgain.burst, this.#looksLeft + earned)
      this.#looksAtMs = nowMs
    }
    if (this.#looksLeft < 1) return false
    this.#looksLeft--
    return true
  }

  /** The issuer was asked, and does not have it. */
  missed(kid: string, nowMs: number): void {
    this.#untilMs.set(kid, nowMs + missingSeconds * 1000)
  }
}
