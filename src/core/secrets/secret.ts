/** The pattern of every secret's name; a name belongs to one app. */
export const secretName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/**
 * A value that must not be seen. It prints as `[secret]` wherever values get printed: string conversion,
 * JSON, `console`. Only `reveal` gives it out, so every use can be found by that word.
 */
export class Secret {
  readonly name: string
  readonly #value: string

  constructor(name: string, value: string) {
    this.name = name
    this.#value = value
  }

  /** The value itself. Use it in the expression that needs it; do not keep it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  get [Symbol.toStringTag](): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
