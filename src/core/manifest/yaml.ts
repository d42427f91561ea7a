import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Problem } from '#core/fault.ts'
import { type Finding, type Path, pathText } from './problems.ts'

/** A larger file is neither a manifest nor a rule. */
const maxCharacters = 262_144
/** So many problems of one file are listed; more say nothing that these do not. */
const problemsListed = 100

export type Yaml =
  | { readonly kind: 'document'; readonly document: unknown; readonly locate: Locate }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** Findings as problems of the file, each with the line it stands on, in the order of the file. */
export type Locate = (findings: readonly Finding[]) => Problem[]

/** Reads one document of YAML (or JSON, which is YAML), and remembers where everything stands. */
export function readYaml(text: string, file: string): Yaml {
  if (text.length > maxCharacters) {
    const reason = `is longer than ${maxCharacters} characters`
    return refused(file, reason, 'Such a file is small; split what is not one app or rule.')
  }
  const lines = new LineCounter()
  const yaml = parseDocument(text, { lineCounter: lines, schema: 'core', stringKeys: true })
  const syntax = [...yaml.errors, ...yaml.warnings]
  if (syntax.length > 0) {
    const problems = syntax.map(error => ({
      file,
      line: error.linePos?.[0].line ?? 1,
      path: '(document)',
      reason: error.message.split(' at line ')[0] ?? error.code,
      remedy: 'Mend the YAML; an editor with YAML support shows the place.',
    }))
    return { kind: 'refused', problems: problems.slice(0, problemsListed) }
  }
  const document = plain(yaml)
  if (document instanceof Error)
    return refused(file, document.message, 'Write the values out instead of referring to them by alias.')
  const locate: Locate = findings =>
    findings
      .map(({ at, ...rest }) => ({ file, line: lineOf(yaml, at, lines), path: pathText(at), ...rest }))
      .sort((one, other) => one.line - other.line)
      .slice(0, problemsListed)
  return { kind: 'document', document, locate }
}

function refused(file: string, reason: string, remedy: string): Yaml {
  return { kind: 'refused', problems: [{ file, path: '(document)', reason, remedy }] }
}

/** The document without YAML's own types, or why its aliases cannot be followed (unknown, or far too many). */
function plain(yaml: Document): unknown {
  try {
    return yaml.toJS()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The line of the deepest part of a path that stands in the document. */
function lineOf(yaml: Document, path: Path, lines: LineCounter): number {
  let here: Node | null = yaml.contents
  let offset = here?.range?.[0] ?? 0
  for (const part of path) {
    if (isMap(here)) {
      const pair = here.items.find(item => isScalar(item.key) && item.key.value === part)
      if (!pair || !isScalar(pair.key)) break
      offset = pair.key.range?.[0] ?? offset
      here = pair.value as Node | null
    } else if (isSeq(here) && typeof part === 'number') {
      here = (here.items[part] as Node | undefined) ?? null
      offset = here?.range?.[0] ?? offset
    } else break
  }
  return lines.linePos(offset).line
}
