import { MaskingRule } from '#core/manifest/masking-schema.ts'
import type { Action } from './action.ts'
import type { AppKeys } from './app-keys.ts'
import { type EntityType, entityTypes } from './detectors/entity-types.ts'
import { spliced } from './edit.ts'
import { atRoot } from './field-rules.ts'
import { jsonEdits, stringEdits } from './json-mask.ts'
import { type MaskingEdit, MaskingPass } from './pass.ts'
import { type MaskingPlan, planOf } from './plan.ts'

/** What an author wants to see masked. */
export type Draft = { readonly text: string } | { readonly json: unknown }

/** One value that masking would replace. Offsets count UTF-16 code units within the text, or the string at the pointer. */
export interface PreviewFinding {
  readonly type: string
  readonly start: number
  readonly end: number
  /** Of a value in JSON (RFC 6901). */
  readonly pointer?: string
  readonly action: Action
}

/** What an author may leave open: then every built-in type is looked for, and redacted. */
export interface PreviewRule {
  readonly entities?: readonly EntityType[]
  readonly action?: Action
  readonly fields?: Readonly<Record<string, Action>>
}

export interface Preview {
  /** Text or JSON, as it was given. */
  readonly masked: unknown
  readonly findings: readonly PreviewFinding[]
}

/**
 * Shows an author what a plan would do. In JSON within a string, offsets count within the outermost string, which is
 * the one at the pointer.
 *
 * @throws RangeError for JSON that is nested too deep to be masked
 */
export function preview(draft: Draft, plan: MaskingPlan, keys?: AppKeys): Preview {
  const pass = new MaskingPass(plan, keys)
  const findings: PreviewFinding[] = []
  const note = ({ type, start, end, action }: MaskingEdit, pointer?: string) =>
    findings.push({ type, start, end, ...(pointer !== undefined && { pointer }), action })

  const text = 'text' in draft ? draft.text : JSON.stringify(draft.json)
  const root = atRoot(plan.fields)
  const { edits, failure } =
    'text' in draft
      ? stringEdits(text, pass, root)
      : jsonEdits(text, pass, root, (edit, where) => note(edit, pointerOf(where.segments())))
  if (failure) throw new RangeError(`the document cannot be masked: ${failure}`)
  if ('text' in draft) for (const edit of edits) note(edit)
  const masked = spliced(text, edits)
  return { masked: 'text' in draft ? masked : JSON.parse(masked), findings }
}

/** The plan of a preview. @throws ZodError for a rule that no manifest could hold */
export function previewPlan({ entities, action = 'redact', fields = {} }: PreviewRule, app: string): MaskingPlan {
  const builtIn = entityTypes.filter(type => type !== 'CUSTOM')
  return planOf(MaskingRule.parse({ entities: entities ?? builtIn, action, fields }), { app, rule: 'preview' })
}

function pointerOf(segments: readonly (string | number)[]): string {
  return segments.map(segment => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
