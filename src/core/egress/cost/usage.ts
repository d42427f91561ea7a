/** Tokens as OpenAI and Anthropic count them, input that a cache served apart. */
export interface Usage {
  readonly input: number
  readonly output: number
  readonly cacheWrite: number
  readonly cacheRead: number
}

/** A longer object is no usage. */
const maxObject = 4_096

/** What stands before a colon in JSON, and not inside a string of it, where the quote would be escaped. */
const usageStart = /(?<!\\)"usage"\s*:\s*\{/g
const modelPattern = /(?<!\\)"model"\s*:\s*"([\w.:/-]{1,128})"/

/**
 * Reads tokens and model from an answer as it passes, JSON or server-sent events alike: it looks for the
 * objects named `usage`, and takes the largest of each count, since a stream repeats them while they grow.
 * It holds no more of the answer than such an object may be long.
 */
export class UsageReader {
  #held = ''
  #counts = new Map<string, number>()
  #model: string | undefined
  /** Events of a stream so far: about one for each token of output. */
  events = 0
  readonly #decoder = new TextDecoder()

  piece(bytes: Uint8Array): void {
    const text = this.#held + this.#decoder.decode(bytes, { stream: true })
    this.#model ??= modelPattern.exec(text)?.[1]
    let open = text.length
    for (const { index, 0: start } of text.matchAll(usageStart)) {
      const object = balanced(text, index + start.length - 1)
      if (object === undefined) open = Math.min(open, index)
      else this.#count(object)
    }
    this.events += text.slice(this.#held.length).split('\ndata:').length - 1
    // the beginning of a name, too, may stand at the end
    this.#held = text.slice(Math.max(0, Math.min(open, text.length - 160), text.length - maxObject))
  }

  get model(): string | undefined {
    return this.#model
  }

  /** `undefined` when the answer told none. */
  get usage(): Usage | undefined {
    if (this.#counts.size === 0) return undefined
    const of = (...names: string[]) => Math.max(0, ...names.map(name => this.#counts.get(name) ?? 0))
    return {
      input: of('input_tokens', 'prompt_tokens'),
      output: of('output_tokens', 'completion_tokens'),
      cacheWrite: of('cache_creation_input_tokens'),
      cacheRead: of('cache_read_input_tokens'),
    }
  }

  #count(object: string): void {
    for (const [, name = '', digits] of object.matchAll(/"(\w+_tokens)"\s*:\s*(\d{1,12})/g))
      this.#counts.set(name, Math.max(this.#counts.get(name) ?? 0, Number(digits)))
  }
}

/** The object that begins at a brace, if its end is there. */
function balanced(text: string, from: number): string | undefined {
  let depth = 0
  for (let at = from; at < Math.min(text.length, from + maxObject); at++) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return text.slice(from, at + 1)
  }
  return undefined
}
