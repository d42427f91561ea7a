import { readYaml } from '#core/manifest/yaml.ts'

/** A mode that becomes binding. */
export interface ModeChange {
  /** E.g. `spec.policies.schema.mode`. */
  readonly setting: string
  readonly line: number
  /** The whole line, before and after. */
  readonly before: string
  readonly after: string
}

type Group = Readonly<Record<string, { readonly mode?: unknown }>>

/**
 * The text of a manifest with what is in shadow mode enforced: nothing but those words is changed, so comments,
 * order and spelling stay.
 *
 * @param text of a manifest that is accepted
 * @param only settings to change; absent: all that are in shadow mode
 * @throws Error where the text is no YAML, and where a mode is not written as one word in its place: an alias may
 *   stand for other things too
 */
export function promoted(text: string, only?: readonly string[]): { text: string; changes: ModeChange[] } {
  const read = readYaml(text, 'manifest')
  if (read.kind === 'refused') throw new Error('is no YAML')
  const { spec } = read.document as { readonly spec: Readonly<Record<string, Group>> }
  const places: (string | number)[][] = [
    ...Object.keys(spec.policies ?? {}).map(policy => ['policies', policy]),
    ...Object.keys(spec.egress ?? []).map(index => ['egress', Number(index)]),
  ]
  const edits = places.flatMap(([group = '', name = '']) => {
    const setting = typeof name === 'number' ? `spec.egress[${name}].mode` : `spec.policies.${name}.mode`
    if (spec[group]?.[name]?.mode !== 'shadow' || (only && !only.includes(setting))) return []
    const { word } = read.placeOf(['spec', group, name, 'mode'])
    if (!word) throw new Error(`${setting} is written by an alias, or in a block of text`)
    return [{ setting, ...word }]
  })
  edits.sort((one, other) => one.start - other.start)
  const changes = edits.map(({ setting, start, end }) => {
    const from = text.lastIndexOf('\n', start - 1) + 1
    const to = text.indexOf('\n', end) < 0 ? text.length : text.indexOf('\n', end)
    const after = `${text.slice(from, start)}enforce${text.slice(end, to)}`
    return { setting, line: text.slice(0, from).split('\n').length, before: text.slice(from, to), after }
  })
  const written = edits.reduceRight(
    (whole, { start, end }) => `${whole.slice(0, start)}enforce${whole.slice(end)}`,
    text,
  )
  return { text: written, changes }
}
