import { nearest } from '#core/manifest/problems.ts'
import { annotations, companions, holders, isObject, plain, refused } from './keywords.ts'

export type Path = readonly (string | number)[]
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** One thing wrong with a schema, in words its author can act on. */
export interface SchemaProblem {
  readonly path: Path
  readonly reason: string
  readonly remedy: string
}

export const maxSchemaBytes = 65_536
const maxDepth = 32
const maxUniqueItems = 256
const maxProblems = 20
/** Everything that a schema may not hold; nothing when the library judges by it as it reads. */
export function formProblems(schema: unknown): readonly SchemaProblem[] {
  const unfit = unfitness(schema, 1, { characters: maxSchemaBytes })
  if (unfit)
    return [{ path: [], reason: unfit, remedy: 'Check less of the payload, or move what repeats into `$defs`.' }]
  const problems: SchemaProblem[] = []
  const references: { readonly from: string | undefined; readonly to: string; readonly path: Path }[] = []
  const targets = new Map<string | undefined, string[]>()
  const definitions = isObject(schema) && isObject(schema.$defs) ? schema.$defs : {}

  check(schema, [])
  for (const { from, to, path } of references) {
    if (from !== undefined && leads(to, from))
      refuse(path, 'leads back to itself', 'Write the levels out: a schema may not hold itself.')
  }
  return problems.slice(0, maxProblems)

  function check(here: unknown, path: Path): void {
    if (typeof here === 'boolean') return
    if (!isObject(here)) return void refuse(path, 'is no schema', 'Write an object of keywords, true or false.')
    for (const [name, value] of Object.entries(here)) checkKeyword(here, name, value, [...path, name])
  }

  function checkKeyword(here: Readonly<Record<string, unknown>>, name: string, value: unknown, at: Path): void {
    const holder = Object.hasOwn(holders, name) ? holders[name] : undefined
    const form = Object.hasOwn(plain, name)
      ? plain[name]
      : Object.hasOwn(annotations, name)
        ? annotations[name]
        : undefined
    const isInside = at.length > 1
    if (!holder && !form) return void refuse(at, 'is not a keyword that is checked', remedyFor(name))
    if (form && !form.holds(value))
      return void refuse(at, `must ${form.must}`, 'Mend the value, or remove the keyword.')
    if (name === '$defs' && isInside)
      return void refuse(at, 'stands within the schema', 'Put it at the top of the schema.')
    if (name === '$id' && isInside) return void refuse(at, 'names a schema within the schema', 'Remove it.')
    if (name === '$ref') checkReference(String(value), at)
    const companion = Object.hasOwn(companions, name) ? companions[name] : undefined
    if (companion && !Object.hasOwn(here, companion))
      refuse(at, `says nothing without \`${companion}\``, `Add \`${companion}\`, or remove it.`)
    if (name === 'uniqueItems' && value === true && !(Number(here.maxItems) <= maxUniqueItems))
      refuse(at, 'compares every item with every other', `Set \`maxItems\` beside it, to ${maxUniqueItems} at most.`)
    if (holder) checkHeld(holder, value, at)
  }

  function checkHeld(holder: 'one' | 'list' | 'map', value: unknown, at: Path): void {
    if (holder === 'one') return void check(value, at)
    if (holder === 'list') {
      if (!Array.isArray(value) || value.length === 0)
        return void refuse(at, 'must be a list of schemas', 'List one at least.')
      for (const [index, item] of value.entries()) check(item, [...at, index])
      return
    }
    if (!isObject(value)) return void refuse(at, 'must be an object of schemas', 'Write `{<name>: <schema>}`.')
    for (const [name, item] of Object.entries(value)) {
      const isFit = at.at(-1) === '$defs' ? /^[\w.-]+$/.test(name) : name.isWellFormed()
      if (!isFit)
        refuse([...at, name], 'is not a name that can be referred to', 'Write it in letters, digits, `_`, `.`, `-`.')
      check(item, [...at, name])
    }
  }

  function checkReference(to: string, path: Path): void {
    const name = /^#\/\$defs\/([\w.-]+)$/.exec(to)?.[1]
    if (name === undefined)
      return void refuse(
        path,
        'does not refer to `#/$defs/<name>`',
        'Put what it means into `$defs`: nothing is fetched.',
      )
    if (!Object.hasOwn(definitions, name))
      return void refuse(
        path,
        `\`${name}\` is not in \`$defs\``,
        didYouMean(name, Object.keys(definitions)) ?? 'Add it there.',
      )
    const from = path[0] === '$defs' ? String(path[1]) : undefined
    references.push({ from, to: name, path })
    targets.set(from, [...(targets.get(from) ?? []), name])
  }

  function leads(from: string, to: string): boolean {
    const reached = new Set([from])
    for (const here of reached) for (const next of targets.get(here) ?? []) reached.add(next)
    return reached.has(to)
  }

  function refuse(path: Path, reason: string, remedy: string): void {
    problems.push({ path, reason, remedy })
  }
}

/** Why a schema should not even be looked through; one that holds itself, as YAML's aliases can make it, is too deep. */
function unfitness(value: unknown, depth: number, left: { characters: number }): string | undefined {
  if (depth > maxDepth) return `is more than ${maxDepth} levels deep`
  if (!isJson(value)) return 'holds a value that JSON has not'
  left.characters -= isObject(value) || Array.isArray(value) ? 2 : bytesOf(value)
  for (const [key, member] of isObject(value) || Array.isArray(value) ? Object.entries(value) : []) {
    left.characters -= Array.isArray(value) ? 1 : bytesOf(key) + 2
    const unfit = left.characters < 0 ? undefined : unfitness(member, depth + 1, left)
    if (unfit) return unfit
    if (left.characters < 0) break
  }
  return left.characters < 0 ? `is larger than ${maxSchemaBytes} bytes` : undefined
}

function isJson(value: unknown): boolean {
  return ['string', 'boolean', 'object'].includes(typeof value) || Number.isFinite(value)
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value) ?? '').length
}

function remedyFor(name: string): string {
  if (Object.hasOwn(refused, name)) return refused[name] ?? ''
  const known = [...Object.keys(plain), ...Object.keys(holders)]
  return didYouMean(name, known) ?? 'Remove it: a schema must not look stricter than it is.'
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known)
  return near === undefined ? undefined : `Did you mean \`${near}\`?`
}
