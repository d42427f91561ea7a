import { type Edit, spliced } from './edit.ts'
import { atName } from './field-rules.ts'
import type { FoundEdits } from './found-edits.ts'
import { stringEdits } from './json-mask.ts'
import type { WalkFailure } from './json-walk.ts'
import type { Judge } from './pass.ts'

/**
 * What becomes of the values in a form (`application/x-www-form-urlencoded`) or a query, as edits of its text. A value
 * that is not touched keeps its spelling. A value may be JSON.
 */
export function formEdits(form: string, judge: Judge): FoundEdits {
  const edits: Edit[] = []
  let failure: WalkFailure | undefined
  for (let at = 0; at <= form.length; ) {
    const ampersand = form.indexOf('&', at)
    const end = ampersand < 0 ? form.length : ampersand
    const equals = form.indexOf('=', at)
    const start = equals < 0 || equals >= end ? end : equals + 1
    if (start < end) {
      const where = atName(judge.plan.fields, decoded(form.slice(at, start - 1)))
      const value = decoded(form.slice(start, end))
      const found = stringEdits(value, judge, where)
      failure ??= found.failure
      if (found.edits.length > 0) edits.push({ start, end, text: encoded(spliced(value, found.edits)) })
    }
    at = end + 1
  }
  return failure ? { edits, failure } : { edits }
}

/** As the URL standard reads a form: `+` is a space, and what is no escape stands for itself. */
function decoded(spelling: string): string {
  if (!/[%+]/.test(spelling)) return spelling
  return new URLSearchParams(`=${spelling}`).get('') ?? ''
}

function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll('%20', '+')
}
