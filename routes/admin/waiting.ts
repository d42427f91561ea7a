import * as z from 'zod'
import { areas } from '#core/change/difference.ts'
import { Pointer } from '#core/manifest/entry.ts'
import type { ProposalView } from '#core/manifest/proposal.ts'
import { Time } from './call.ts'

/** What waits for an approver, as every answer about it shows. */
export const Waiting = z
  .object({
    app: z.string(),
    digest: z.string(),
    publishedBy: z.string(),
    proposedAt: Time,
    reason: z.string(),
    from: z.string().nullable().describe('the digest that was in force; null when none was'),
    reasons: z.array(z.string()).describe('why an approver has to look at it'),
    needsSignature: z.boolean().describe('an approver has to sign it'),
    pointer: Pointer.describe('what comes into force; its app, environment, digest, expiresAt and sequence are signed'),
    differences: z.array(z.object({ area: z.enum(areas), effect: z.enum(['widens', 'narrows']), what: z.string() })),
  })
  .meta({ id: 'Waiting' })

export function waiting(view: ProposalView): z.input<typeof Waiting> {
  const { differences, reasons, ...rest } = view
  return { ...rest, reasons: [...reasons], differences: [...differences] }
}
