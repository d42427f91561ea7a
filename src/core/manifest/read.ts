import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Problem } from '#core/fault.ts'
import { type CheckSetting, checkManifest } from './check.ts'
import { type Path, pathText } from './problems.ts'
import type { Manifest } from './schema.ts'

/** A larger file is no manifest. */
const maxCharacters = 262_144

export type Read =
  | { readonly kind: 'accepted'; readonly manifest: Manifest; readonly document: unknown }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** Reads one manifest from YAML (or JSON, which is YAML). Every problem comes with the line it stands on. */
export function readManifest(text: string, file: string, setting: CheckSetting): Read {
  if (text.length > maxCharacters) {
    return refused([
      {
        file,
        path: '(document)',
        reason: `is longer than ${maxCharacters} characters`,
        remedy: 'A manifest is small; split what is not one app.',
      },
    ])
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
    return refused(problems)
  }
  const document = plain(yaml)
  if (document instanceof Error) {
    const remedy = 'Write the values out instead of referring to them by alias.'
    return refused([{ file, path: '(document)', reason: document.message, remedy }])
  }
  const checked = checkManifest(document, setting)
  if (checked.kind === 'accepted') return { kind: 'accepted', manifest: checked.manifest, document }
  const problems = checked.findings.map(({ at, reason, remedy }) => ({
    file,
    line: lineOf(yaml, at, lines),
    path: pathText(at),
    reason,
    remedy,
  }))
  return refused(problems.sort((one, other) => one.line - other.line))
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

/** So many problems of one file are listed; more say nothing that these do not. */
const problemsListed = 100

function refused(problems: readonly Problem[]): Read {
  return { kind: 'refused', problems: problems.slice(0, problemsListed) }
}
