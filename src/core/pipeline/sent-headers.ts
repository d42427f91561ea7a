import type { Exchange } from './exchange.ts'

/** The headers of a request, read whole and once: a look at the runtime's own costs as much as reading several. */
export class SentHeaders {
  /** The headers that were read. */
  readonly of: Headers
  readonly #values = new Map<string, string>()

  constructor(of: Headers) {
    this.of = of
    of.forEach((value, name) => void this.#values.set(name, value))
  }

  /** In lower case, each once. */
  get names(): readonly string[] {
    return [...this.#values.keys()]
  }

  /** @param name in lower case, and not `set-cookie`, of which there may be several */
  get(name: string): string | null {
    return this.#values.get(name) ?? null
  }
}

/** The headers of a request as they stand now: a policy may have put others in the place of those that its door read. */
export function sentHeaders({ headers, sent }: Pick<Exchange, 'headers' | 'sent'>): SentHeaders {
  return sent?.of === headers ? sent : new SentHeaders(headers)
}
