import { type CelInput, type CelMap, type CelValue, celList, celMap, isCelList, isCelMap } from '@bufbuild/cel'
import type { Steps } from '#core/steps.ts'

/**
 * A JSON value as CEL sees it. Integers become `int` (CEL adds no int to a double), and objects are
 * converted member by member, when an expression first looks: a filter that reads one field of a large
 * body pays for one field.
 */
export function celValue(json: unknown, steps: Steps): CelValue {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json
  if (typeof json === 'string' || typeof json === 'boolean' || json === null) return json
  if (Array.isArray(json)) {
    steps.spend(json.length)
    return celList(json.map(item => celValue(item, steps)))
  }
  if (typeof json === 'object') return celObject(json as Readonly<Record<string, unknown>>, steps)
  throw new TypeError(`not a JSON value: ${typeof json}`)
}

/** A member that is null is there; the library's own `has` says that it is not. */
function celObject(json: Readonly<Record<string, unknown>>, steps: Steps): CelMap {
  const map = celMap(new JsonMap(json, steps))
  return Object.assign(map, { has: (name: unknown) => typeof name === 'string' && Object.hasOwn(json, name) })
}

/** Spends for every value that comparing with this one may have to look at: strings by their length, what they lie in besides. */
export function spendOn(value: CelValue | undefined, steps: Steps): void {
  const left = [value]
  while (left.length > 0) {
    const here = left.pop()
    steps.spend(1 + (isCelMap(here) ? 4 * here.size : isCelList(here) ? 2 * here.size : lengthOf(here) >> 6))
    if (isCelList(here)) for (const item of here) left.push(item)
    else if (isCelMap(here)) for (const [, item] of here) left.push(item)
  }
}

function lengthOf(value: CelValue | undefined): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0
}

/** An object of a JSON document, read as the map that CEL takes it for. */
class JsonMap implements ReadonlyMap<string, CelInput> {
  readonly #json: Readonly<Record<string, unknown>>
  readonly #steps: Steps
  readonly #made = new Map<string, CelInput>()

  constructor(json: Readonly<Record<string, unknown>>, steps: Steps) {
    this.#json = json
    this.#steps = steps
  }

  get size(): number {
    return this.#names().length
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#json, name)
  }

  get(name: string): CelInput | undefined {
    if (typeof name !== 'string' || !this.has(name)) return undefined
    const made = this.#made.get(name) ?? celValue(this.#json[name], this.#steps)
    this.#made.set(name, made)
    return made
  }

  *entries(): MapIterator<[string, CelInput]> {
    for (const name of this.#names()) yield [name, this.get(name) as CelInput]
  }

  keys(): MapIterator<string> {
    return this.#names().values()
  }

  *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries()
  }

  forEach(visit: (value: CelInput, name: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this)
  }

  #names(): string[] {
    const names = Object.keys(this.#json)
    this.#steps.spend(names.length >> 3)
    return names
  }
}
