import { constructFromEvents, EVENT_ID, parseEvents, type YAMLException } from 'js-yaml'
import type { Problem } from '#core/fault.ts'
import { type Finding, type Path, pathText } from './problems.ts'
import { aliasFault } from './yaml-aliases.ts'
import { type Outline, outlineOf, type Place } from './yaml-outline.ts'

/** A larger file is neither a manifest nor a rule. What its aliases stand for is not larger, either. */
const maxCharacters = 262_144
/** Levels of mappings and lists. */
const maxDepth = 100
/** Aliases of one file. */
const maxAliases = 1_000
/** So many problems of one file are listed; more say nothing that these do not. */
const problemsListed = 100

export type Yaml =
  | {
      readonly kind: 'document'
      readonly document: unknown
      readonly locate: Locate
      /** The deepest part of a path that stands in the text. */
      readonly placeOf: (path: Path) => Place
    }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** Findings as problems of the file, each with the line it stands on, in the order of the file. */
export type Locate = (findings: readonly Finding[]) => Problem[]

/**
 * Reads one document of YAML 1.2 (or JSON, which is YAML) with the core schema, and remembers where everything
 * stands. Keys are text. Faults of keys are all told at once; of what is no YAML, the first, since nothing after it
 * can be relied on. Never throws.
 */
export function readYaml(text: string, file: string): Yaml {
  if (text.length > maxCharacters) {
    const reason = `is longer than ${maxCharacters} characters`
    return refused([
      { file, path: '(document)', reason, remedy: 'Such a file is small; split what is not one app or rule.' },
    ])
  }
  let outline: Outline
  let document: unknown
  try {
    const events = parseEvents(text, { maxDepth })
    outline = outlineOf(text, events)
    if (outline.faults.length > 0)
      return refused(outline.faults.map(({ at, line, ...rest }) => ({ file, line, path: pathText(at), ...rest })))
    if (events.some(({ type }) => type === EVENT_ID.ALIAS)) {
      const fault = aliasFault(text, events, { maxSize: maxCharacters, maxDepth })
      if (fault) return refused([aliasProblem(fault.reason, file, text.slice(0, fault.offset).split('\n').length)])
    }
    document = constructFromEvents(events, { source: text, maxAliases })[0] ?? null
  } catch (error) {
    return refused([problemOf(error as Error, file)])
  }
  const placeOf = (path: Path) => {
    let place = outline.root
    for (const part of path) {
      const next = place.parts?.get(part)
      if (!next) break
      place = next
    }
    return place
  }
  const locate: Locate = findings =>
    findings
      .map(({ at, ...rest }) => ({ file, line: placeOf(at).line, path: pathText(at), ...rest }))
      .sort((one, other) => one.line - other.line)
      .slice(0, problemsListed)
  return { kind: 'document', document, locate, placeOf }
}

function refused(problems: readonly Problem[]): Yaml {
  return { kind: 'refused', problems: problems.slice(0, problemsListed) }
}

function aliasProblem(reason: string, file: string, line: number): Problem {
  const remedy = 'Write the values out instead of referring to them by alias.'
  return { file, line, path: '(document)', reason, remedy }
}

/** Why the parser stopped. */
function problemOf(error: Error | YAMLException, file: string): Problem {
  const { reason, mark } = 'reason' in error ? error : { reason: error.message }
  const line = (mark?.line ?? 0) + 1
  if (reason.startsWith('aliases ')) return aliasProblem(`has more than ${maxAliases} aliases`, file, line)
  const remedy = 'Mend the YAML; an editor with YAML support shows the place.'
  return { file, line, path: '(document)', reason, remedy }
}
