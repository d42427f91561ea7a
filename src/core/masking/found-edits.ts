import type { Edit } from './edit.ts'

/** Why a body, or a part of one, was not read. */
export type Unread = 'content-type' | 'content-encoding' | 'too-large' | 'not-utf-8' | 'malformed' | 'too-deep'

/** What becomes of the values in a text; with a failure the edits are not all of it. */
export interface FoundEdits {
  readonly edits: readonly Edit[]
  readonly failure?: Unread
}
