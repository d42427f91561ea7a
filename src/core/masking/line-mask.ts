import type { Edit } from './edit.ts'
import { atRoot } from './field-rules.ts'
import type { FoundEdits } from './found-edits.ts'
import { documentEdits } from './json-mask.ts'
import type { WalkFailure } from './json-walk.ts'
import type { Judge } from './pass.ts'

/** What becomes of the values in lines that are each a JSON text, as edits of the whole; a line that is none is read as text. */
export function lineEdits(text: string, judge: Judge): FoundEdits {
  const edits: Edit[] = []
  let failure: WalkFailure | undefined
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const start = at
    const found = documentEdits(text.slice(start, end), judge, atRoot(judge.plan.fields))
    failure ??= found.failure
    for (const edit of found.edits) edits.push({ ...edit, start: edit.start + start, end: edit.end + start })
    at = end + 1
  }
  return failure ? { edits, failure } : { edits }
}
