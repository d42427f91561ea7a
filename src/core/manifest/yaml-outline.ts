import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE, type ScalarEvent } from 'js-yaml'
import type { Finding, Path } from './problems.ts'

/** Where a part of the document stands. */
export interface Place {
  /** From 1; of its key, where it has one. */
  readonly line: number
  /** The parts of a mapping by key, of a list by number; none of what an alias stands for. */
  parts?: Map<string | number, Place>
  /** Where the text has it as one word, quotes included; absent for an alias, and for what is spelled otherwise. */
  word?: { readonly start: number; readonly end: number } | undefined
}

export interface Outline {
  readonly root: Place
  /** Every key that is no text or written twice, and a second document. */
  readonly faults: readonly (Finding & { readonly line: number })[]
}

/** A mapping or list that has not ended yet. */
interface Open {
  readonly start: number
  readonly isMapping: boolean
  readonly parts: Map<string | number, Place>
  /** Of the part that is read, or was last. */
  name: string | number
  /** The key whose value comes next. */
  key: Place | undefined
}

/** Documents, and items of a list without any text, have no offset: their line is found by how they begin. */
const documentMarker = /^\uFEFF?(?:---|\.\.\.)(?=\s|$)/gm
const dash = /^ *-(?=\s|$)/gm

/**
 * Finds out what stands where. Keys are read as the text that they are (`on`, `1.0` and `~` are no other value), and
 * are marked so in the events.
 */
export function outlineOf(text: string, events: readonly Event[]): Outline {
  const faults: (Finding & { line: number })[] = []
  const open: Open[] = []
  let root: Place = { line: 1 }
  let documents = 0
  let end = 0
  let line = 1
  let newline = text.indexOf('\n')

  for (const event of events) {
    if (event.type === EVENT_ID.POP) open.pop()
    else if (event.type === EVENT_ID.DOCUMENT) {
      if (event.explicitStart || documents > 0) end = next(documentMarker) ?? end
      if (++documents > 1) {
        fault(lineAt(end), [], 'has a second document', 'Write one document to a file.')
        break
      }
    } else {
      const place = placeOf(event)
      if (event.type === EVENT_ID.SCALAR) {
        place.word = wordOf(event)
        end = Math.max(end, event.valueEnd)
      } else if (event.type === EVENT_ID.ALIAS) end = event.anchorEnd
      else {
        const isMapping = event.type === EVENT_ID.MAPPING
        place.parts = new Map()
        open.push({ start: event.start, isMapping, parts: place.parts, name: isMapping ? '' : -1, key: undefined })
        end = event.start + 1
      }
    }
  }
  return { root, faults }

  function placeOf(event: Exclude<Event, { type: 1 | 6 }>): Place {
    const parent = open.at(-1)
    if (!parent) {
      root = { line: lineAt(startOf(event)) }
      return root
    }
    if (!parent.isMapping) {
      parent.name = Number(parent.name) + 1
      const place = { line: lineAt(startOf(event) ?? (parent.name === 0 ? parent.start : next(dash))) }
      parent.parts.set(parent.name, place)
      return place
    }
    const { key } = parent
    if (key) {
      parent.key = undefined
      return key
    }
    const place = { line: lineAt(startOf(event)) }
    parent.key = place
    const name = keyOf(event)
    if (name === undefined) fault(place.line, path(-1), 'has a key that is no text', 'Write a word as the key.')
    else {
      parent.name = name
      const first = parent.parts.get(name)
      if (first) fault(place.line, path(), `is written twice, first on line ${first.line}`, 'Keep one of them.')
      else parent.parts.set(name, place)
    }
    return { line: place.line }
  }

  function keyOf(event: Event): string | undefined {
    if (event.type !== EVENT_ID.SCALAR) return undefined
    const tag = event.tagStart < 0 ? '!' : text.slice(event.tagStart, event.tagEnd)
    if (tag !== '!' && tag !== '!!str') return undefined
    // a word in quotes stands for nothing but its text; one of several lines is nothing else anyway
    if (event.style === SCALAR_STYLE.PLAIN && (event.fast || event.valueStart < 0))
      event.style = SCALAR_STYLE.SINGLE_QUOTED
    return getScalarValue(text, event)
  }

  function path(depth = open.length): Path {
    return open.slice(0, depth).map(({ name }) => name)
  }

  function fault(line: number, at: Path, reason: string, remedy: string): void {
    faults.push({ line, at, reason, remedy })
  }

  /** Past what the pattern finds after the last text. */
  function next(pattern: RegExp): number | undefined {
    pattern.lastIndex = end
    if (!pattern.test(text)) return undefined
    end = pattern.lastIndex
    return end
  }

  /** The line of an offset that is not before the last one; of one that is not known, the last line. */
  function lineAt(offset: number | undefined): number {
    while (offset !== undefined && newline >= 0 && newline < offset) {
      line += 1
      newline = text.indexOf('\n', newline + 1)
    }
    return line
  }
}

function startOf(event: Exclude<Event, { type: 1 | 6 }>): number | undefined {
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart
  if (event.type !== EVENT_ID.SCALAR) return event.start
  // the text of a block begins on the line after its sign
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK
  return event.valueStart < 0 ? undefined : event.valueStart - (isBlock ? 1 : 0)
}

function wordOf({ fast, style, valueStart, valueEnd }: ScalarEvent): Place['word'] {
  const quote = style === SCALAR_STYLE.PLAIN ? 0 : 1
  return fast ? { start: valueStart - quote, end: valueEnd + quote } : undefined
}
