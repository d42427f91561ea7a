import { Hono } from 'hono'
import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { actions } from '#core/masking/action.ts'
import { appKeys } from '#core/masking/app-keys.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { preview, previewPlan } from '#core/masking/preview.ts'
import { AppName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { admitted, jsonFrom, parsed } from './gate.ts'

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

/** `POST /admin/v1/masking/preview`: what masking would do to a text or a document. Nothing of it is kept. */
export const masking = (ports: Ports) =>
  new Hono().post('/preview', async context => {
    await admitted(context.req.raw, 'author', ports)
    const { text, json, app = 'preview', entities, action, fields } = parsed(Question, await jsonFrom(context.req.raw))
    const rule = { ...(entities && { entities }), ...(action && { action }), ...(fields && { fields }) }
    try {
      const plan = previewPlan(rule, app)
      const keys = plan.needsKeys ? await appKeys(app, ports.settings.keyEncryptionKey) : undefined
      return context.json(preview(text === undefined ? { json } : { text }, plan, keys))
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof z.ZodError)) throw error
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : error.message
      throw new Fault('request-invalid', reason, [
        { path: 'fields', reason, remedy: 'Write a rule that a manifest could hold, and a document that can be read.' },
      ])
    }
  })
