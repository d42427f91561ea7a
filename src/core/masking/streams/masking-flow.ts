import { Fault } from '#core/fault.ts'
import { atRoot } from '../field-rules.ts'
import { documentEdits, jsonEdits, stringEdits } from '../json-mask.ts'
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
  const check = (look: () => void) => {
    if (pass.blockedBy) throw new Fault('masking-failed', `a value of type ${pass.blockedBy} blocks the stream`)
    look()
    if (residue.types.size === 0) return
    throw new Fault('masking-failed', `${[...residue.types].join(', ')} stood in a message that was to leave`)
  }
  const rewriter = new MessageRewriter({
    judge: pass,
    flow: (isJson, where) => new MaskFlow(pass, 'words', isJson, where),
    check: (message, isJson) => check(() => (isJson ? jsonEdits : documentEdits)(message, residue, root)),
    checkText: (text, name) => check(() => stringEdits(text, residue, { ...root, name: () => name })),
  })
  return reading === 'events' ? new EventFraming(rewriter) : new LineFraming(rewriter)
}
