import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { actions } from '#core/masking/action.ts'
import { appKeys } from '#core/masking/app-keys.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { preview, previewPlan } from '#core/masking/preview.ts'
import { AppName } from '#core/names.ts'
import { call } from './call.ts'

const Question = z
  .strictObject({
    text: z.string().optional(),
    json: z.unknown().optional(),
    app: AppName.optional(),
    entities: z.array(z.enum(entityTypes)).optional(),
    action: z.enum(actions).optional(),
    fields: z.record(z.string(), z.enum(actions)).optional(),
  })
  .refine(({ text, json }) => (text === undefined) !== (json === undefined), {
    path: ['text'],
    error: 'or `json`: give one of the two',
  })

const Finding = z.object({
  type: z.string(),
  start: z.int(),
  end: z.int(),
  pointer: z.string().optional(),
  action: z.enum(actions),
})

/** `POST /admin/v1/masking/preview`: what masking would do to a text or a document. Nothing of it is kept. */
export const masking = [
  call(
    {
      method: 'post',
      path: '/masking/preview',
      role: 'author',
      does: 'Shows what masking would do to a text or a document; nothing of it is kept.',
      isForEveryTeam: true,
      body: Question,
      answers: { 200: z.object({ masked: z.unknown(), findings: z.array(Finding) }) },
    },
    async ({ body: { text, json, app = 'preview', entities, action, fields } }, ports) => {
      const rule = { ...(entities && { entities }), ...(action && { action }), ...(fields && { fields }) }
      try {
        const plan = previewPlan(rule, app)
        const keys = plan.needsKeys ? await appKeys(app, ports.settings.keyEncryptionKey) : undefined
        return [200, preview(text === undefined ? { json } : { text }, plan, keys)]
      } catch (error) {
        if (!(error instanceof RangeError || error instanceof z.ZodError)) throw error
        const reason = error instanceof z.ZodError ? z.prettifyError(error) : error.message
        const remedy = 'Write a rule that a manifest could hold, and a document that can be read.'
        throw new Fault('request-invalid', reason, [{ path: 'fields', reason, remedy }])
      }
    },
  ),
]
