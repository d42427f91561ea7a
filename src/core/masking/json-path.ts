import type { FieldRules, Places, Where } from './field-rules.ts'

/** Containers within containers at most, as in most parsers. */
export const maxDepth = 512

/** Where a walk through a JSON text stands. It keeps offsets, and makes words of them only when asked. */
export class JsonPath implements Where {
  depth = 0
  /** Whether a member of a name like `logprobs` has come, which repeats a text in pieces. */
  mayHoldPieces = false
  readonly #text: string
  readonly #parent: Where
  readonly #rules: FieldRules
  readonly #places: Places[]
  /** By depth: where the member's name stands, or -1 and the index in an array. */
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** @param parent where the text itself stands, as JSON within JSON does */
  constructor(text: string, rules: FieldRules, parent: Where) {
    this.#text = text
    this.#rules = rules
    this.#parent = parent
    this.#places = [parent.places]
  }

  get places(): Places {
    return this.#places[this.depth] ?? []
  }

  get isArray(): boolean {
    return this.#starts[this.depth] === -1
  }

  /** @returns `false` where it would be too deep */
  enterArray(): boolean {
    if (++this.depth > maxDepth) return false
    this.#starts[this.depth] = -1
    this.#ends[this.depth] = -1
    this.nextItem()
    return true
  }

  enterObject(): boolean {
    if (++this.depth > maxDepth) return false
    this.#starts[this.depth] = 0
    return true
  }

  leave(): void {
    this.depth -= 1
  }

  nextItem(): void {
    const index = (this.#ends[this.depth] ?? -1) + 1
    this.#ends[this.depth] = index
    if (!this.#rules.isEmpty) this.#step(String(index))
  }

  /** @param start offset of the name's first character, after the quote */
  nextMember(start: number, end: number): void {
    this.#starts[this.depth] = start
    this.#ends[this.depth] = end
    if (isOfPieces(this.#text, start, end)) this.mayHoldPieces = true
    if (!this.#rules.isEmpty) this.#step(this.#nameAt(this.depth))
  }

  #step(name: string): void {
    this.#places[this.depth] = this.#rules.below(this.#places[this.depth - 1] ?? [], name)
  }

  name(): string {
    for (let depth = this.depth; depth > 0; depth--) if (this.#starts[depth] !== -1) return this.#nameAt(depth)
    return this.#parent.name()
  }

  segments(): (string | number)[] {
    const all = this.#parent.segments().slice()
    for (let depth = 1; depth <= this.depth; depth++) {
      all.push(this.#starts[depth] === -1 ? (this.#ends[depth] ?? 0) : this.#nameAt(depth))
    }
    return all
  }

  #nameAt(depth: number): string {
    return nameIn(this.#text, this.#starts[depth] as number, this.#ends[depth] as number)
  }
}

/** `logprobs`, `prompt_logprobs`, `logprobsResult`: a look at the first letter spares most names the search. */
function isOfPieces(text: string, start: number, end: number): boolean {
  const first = text.charCodeAt(start)
  return (first === 108 || first === 112) && end - start >= 8 && text.slice(start, end).includes('logprobs')
}

/** Names that were asked for lately. A document has few, and each of them many times. */
const lately: string[] = Array.from({ length: 256 }, () => '')
const longestKept = 64

function nameIn(text: string, start: number, end: number): string {
  const length = end - start
  const place = (text.charCodeAt(start) * 31 + text.charCodeAt(end - 1) * 7 + length) & 255
  const known = lately[place] as string
  if (known.length === length && stands(known, text, start)) return known
  const name = unescaped(text.slice(start, end))
  // a copy, since a slice would keep the whole document
  if (name.length === length && length > 0 && length <= longestKept) lately[place] = ` ${name}`.slice(1)
  return name
}

function stands(name: string, text: string, start: number): boolean {
  for (let at = 0; at < name.length; at++) if (name.charCodeAt(at) !== text.charCodeAt(start + at)) return false
  return true
}

function unescaped(spelling: string): string {
  if (!spelling.includes('\\')) return spelling
  try {
    return JSON.parse(`"${spelling}"`)
  } catch {
    return spelling
  }
}
