import { Fault } from '#core/fault.ts'
import { spliced } from './edit.ts'
import { atRoot } from './field-rules.ts'
import { formEdits } from './form-mask.ts'
import type { FoundEdits } from './found-edits.ts'
import { stringEdits } from './json-mask.ts'
import type { Judge, MaskingPass } from './pass.ts'
import { Residue } from './residue.ts'

/**
 * Masks the query of a URL, with or without its question mark.
 *
 * @throws Fault `masking-failed` for what cannot be read, a value that blocks, and residue
 */
export function maskQuery(query: string, pass: MaskingPass): string {
  const mark = query.startsWith('?') ? '?' : ''
  return mark + masked(query.slice(mark.length), pass, formEdits)
}

/** Masks the value of a header; throws as `maskQuery` does. */
export function maskValue(value: string, pass: MaskingPass): string {
  return masked(value, pass, (text, judge) => stringEdits(text, judge, atRoot(judge.plan.fields)))
}

function masked(text: string, pass: MaskingPass, editsOf: (text: string, judge: Judge) => FoundEdits): string {
  const found = editsOf(text, pass)
  if (found.failure) throw new Fault('masking-failed', `a query or header cannot be read: ${found.failure}`)
  if (pass.blockedBy) throw new Fault('masking-failed', `a value of type ${pass.blockedBy} blocks the request`)
  if (found.edits.length === 0) return text
  const out = spliced(text, found.edits)
  const residue = new Residue(pass)
  editsOf(out, residue)
  if (residue.types.size > 0)
    throw new Fault('masking-failed', `${[...residue.types].join(', ')} stood in what came out`)
  return out
}
