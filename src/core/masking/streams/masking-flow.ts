import { Fault } from '#core/fault.ts'
import { atRoot } from '../field-rules.ts'
import { documentEdits, jsonEdits } from '../json-mask.ts'
import type { MaskingPass } from '../pass.ts'
import { Residue } from '../residue.ts'
import { EventFraming, LineFraming } from './framing.ts'
import { MaskFlow } from './mask-flow.ts'
import { MessageRewriter } from './message-rewriter.ts'
import type { TextFlow } from './text-flow.ts'

/** What leaves as it comes. */
export type FlowReading = 'events' | 'lines' | 'text'

/** Masks a stream of events, of lines or of text, and looks through what is to leave before it does. */
export function maskingFlow(reading: FlowReading, pass: MaskingPass): TextFlow {
  pass.rememberClean()
  if (reading === 'text') return new MaskFlow(pass, 'lines', false)
  const residue = new Residue(pass)
  const root = atRoot(residue.plan.fields)
  const rewriter = new MessageRewriter({
    judge: pass,
    flow: (isJson, where) => new MaskFlow(pass, 'words', isJson, where),
    check(message, isJson, claims) {
      if (pass.blockedBy) throw new Fault('masking-failed', `a value of type ${pass.blockedBy} blocks the stream`)
      const edited = isJson ? jsonEdits : documentEdits
      edited(message, claims ? residue.beside((text, where) => claims.holds(text, where)) : residue, root)
      pass.origins.clear()
      if (residue.types.size === 0) return
      throw new Fault('masking-failed', `${[...residue.types].join(', ')} stood in a message that was to leave`)
    },
  })
  return reading === 'events' ? new EventFraming(rewriter) : new LineFraming(rewriter)
}
