import { spliced } from './edit.ts'
import { atName } from './field-rules.ts'
import { formEdits } from './form-mask.ts'
import { stringEdits } from './json-mask.ts'
import type { MaskingPass } from './pass.ts'
import { Residue } from './residue.ts'

/** A query or some headers that went through; `undefined` where one of them must not leave. */
export type MaskedAddress<Kind> = Kind | undefined

/** Masks the values in a query, with or without its question mark; a value that is not touched keeps its spelling. */
export function maskQuery(query: string, pass: MaskingPass): MaskedAddress<string> {
  const mark = query.startsWith('?') ? '?' : ''
  const form = query.slice(mark.length)
  const { edits, failure } = formEdits(form, pass)
  if (failure || pass.blockedBy) return undefined
  if (edits.length === 0) return query
  const masked = spliced(form, edits)
  const residue = new Residue(pass)
  formEdits(masked, residue)
  return residue.types.size > 0 ? undefined : mark + masked
}

/** Masks the values in the headers that are named; the others stay. The headers given are not changed. */
export function maskHeaders(headers: Headers, names: readonly string[], pass: MaskingPass): MaskedAddress<Headers> {
  const masked = new Headers(headers)
  const residue = new Residue(pass)
  for (const name of names) {
    const value = headers.get(name)
    if (value === null) continue
    const where = atName(pass.plan.fields, name.toLowerCase())
    const { edits, failure } = stringEdits(value, pass, where)
    if (failure || pass.blockedBy) return undefined
    if (edits.length === 0) continue
    const text = spliced(value, edits)
    residue.textEdits(text, where)
    masked.set(name, text)
  }
  return residue.types.size > 0 ? undefined : masked
}
