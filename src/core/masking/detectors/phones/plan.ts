import { type CountryCode, type E164Number, PhoneNumber } from 'libphonenumber-js/core/es6'
import { metadata, type PlanRow } from './metadata.ts'

/** A country's numbering plan. It is asked about what follows the calling code. */
export class Plan {
  /** By ISO 3166, or its calling code where it is alone under that. */
  readonly country: string
  /** What its numbers begin with, where it shares its calling code. */
  readonly leading: RegExp | undefined
  readonly #code: string
  readonly #lengths: readonly number[]
  readonly #trunk: RegExp | undefined
  readonly #transform: string | undefined
  readonly #sieve: RegExp

  constructor(code: string, country: string, [pattern, lengths, trunk, transform, leading, kinds = []]: PlanRow) {
    this.country = country
    this.leading = leading ? new RegExp(`^(?:${leading})`) : undefined
    this.#code = code
    this.#lengths = lengths
    this.#trunk = trunk ? new RegExp(`^(?:${trunk})`) : undefined
    this.#transform = transform || undefined
    this.#sieve = new RegExp(`^(?:${kinds.filter(Boolean).join('|') || pattern})$`)
  }

  /**
   * Does libphonenumber say that it is a number of the plan? What one expression of all the plan's refuses, it is
   * not asked about: the library compiles its expressions anew for every number, at a hundred times the cost.
   */
  isValid(number: string): boolean {
    return this.#sieve.test(number) && this.#read(number).isValid()
  }

  /** Does libphonenumber say that a number of the plan may be as long? */
  isPossible(number: string): boolean {
    return this.#lengths.includes(number.length) && this.#read(number).isPossible()
  }

  /** The number without its trunk prefix, by the plan's rule; `undefined` where it has none. */
  withoutTrunk(dialled: string): string | undefined {
    const match = this.#trunk?.exec(dialled)
    if (!this.#trunk || !match) return undefined
    const rule = this.#transform && match.length > 1 && match.at(-1) ? this.#transform : ''
    return dialled.replace(this.#trunk, rule)
  }

  #read(number: string): PhoneNumber {
    const read = new PhoneNumber(`+${this.#code}${number}` as E164Number, metadata())
    if (this.country !== this.#code) read.country = this.country as CountryCode
    return read
  }
}
