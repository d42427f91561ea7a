const alphabets = {
  digit: '0123456789',
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  hex: '0123456789abcdef',
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
}

/** Random choices that a seed repeats (Mulberry32), so that a run can be played again. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A whole number from 0 up to, but not, the bound. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * bound)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  one<Value>(of: readonly Value[]): Value {
    return of[this.below(of.length)] as Value
  }

  text(alphabet: keyof typeof alphabets, length: number): string {
    return Array.from({ length }, () => this.one([...alphabets[alphabet]])).join('')
  }

  digits(length: number): string {
    return this.text('digit', length)
  }

  /** Digits for each `#`, capitals for each `@`; the rest as it stands. */
  fill(pattern: string): string {
    return pattern.replaceAll(/[#@]/g, mark => this.text(mark === '#' ? 'digit' : 'upper', 1))
  }

  /** The first candidate that a validator takes. */
  until(make: () => string, isValid: (value: string) => boolean): string {
    for (let tries = 0; tries < 200_000; tries++) {
      const value = make()
      if (isValid(value)) return value
    }
    throw new Error('no candidate is valid')
  }
}
