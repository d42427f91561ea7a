import { Fault } from '#core/fault.ts'
import { spliced } from './edit.ts'
import { atName } from './field-rules.ts'
import { formEdits } from './form-mask.ts'
import { stringEdits } from './json-mask.ts'
import type { MaskingPass } from './pass.ts'
import { Residue } from './residue.ts'

/**
 * Masks the values in a query, with or without its question mark; a value that is not touched keeps its spelling.
 *
 * @throws Fault `masking-failed` where it must not leave
 */
export function maskQuery(query: string, pass: MaskingPass): string {
  const mark = query.startsWith('?') ? '?' : ''
  const form = query.slice(mark.length)
  const { edits, failure } = formEdits(form, pass)
  refuse('query', pass, failure)
  if (edits.length === 0) return query
  const masked = spliced(form, edits)
  const residue = new Residue(pass)
  formEdits(masked, residue)
  refuseResidue('query', residue)
  return mark + masked
}

/**
 * Masks the values in a path that the plan names, by the template that says where they stand. A value that is dropped
 * leaves a hyphen, since without it the path would be another one.
 *
 * @param template with `{parameters}`, as long as the path
 * @throws Fault `masking-failed` where it must not leave
 */
export function maskPath(path: string, template: string, pass: MaskingPass): string {
  if (pass.plan.path.size === 0) return path
  const names = template.split('/').map(segment => /^\{(.+)\}$/.exec(segment)?.[1] ?? '')
  const masked = path.split('/').map((segment, index) => {
    const name = names[index] ?? ''
    const action = pass.plan.path.get(name)
    if (!action) return segment
    const { text } = pass.fieldEdit(decoded(segment), action, atName(pass.plan.fields, name))
    return encodeURIComponent(text) || '-'
  })
  refuse('path', pass, undefined)
  return masked.join('/')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * Masks the values in the headers that are named; the others stay. The headers given are not changed.
 *
 * @throws Fault `masking-failed` where they must not leave
 */
export function maskHeaders(headers: Headers, names: readonly string[], pass: MaskingPass): Headers {
  const masked = new Headers(headers)
  const residue = new Residue(pass)
  for (const name of names) {
    const value = headers.get(name)
    if (value === null) continue
    const where = atName(pass.plan.fields, name.toLowerCase())
    const { edits, failure } = stringEdits(value, pass, where)
    refuse(`header ${name}`, pass, failure)
    if (edits.length === 0) continue
    const text = spliced(value, edits)
    residue.textEdits(text, where)
    masked.set(name, text)
  }
  refuseResidue('headers', residue)
  return masked
}

function refuse(what: string, { blockedBy }: MaskingPass, failure: string | undefined): void {
  if (failure) throw new Fault('masking-failed', `the ${what} cannot be read: ${failure}`)
  if (blockedBy) throw new Fault('masking-failed', `a value of type ${blockedBy} in the ${what} blocks it`)
}

function refuseResidue(what: string, { types }: Residue): void {
  if (types.size > 0) throw new Fault('masking-failed', `${[...types].join(', ')} stood in the ${what} that came out`)
}
