import type { Action } from './action.ts'
import type { EntityType } from './detectors/entity-types.ts'
import { FieldRules, type Where } from './field-rules.ts'
import type { Origin } from './origins.ts'
import { found, type Judge, type MaskingEdit, type MaskingPass } from './pass.ts'
import { Past } from './past.ts'

/** Stands where a replacement stood: no pattern crosses it. */
const blank = '\u0001'

const noFields = new FieldRules([])

/** Which part of a text is to leave, if not all of it, and what that part was. */
export interface Part {
  readonly from: number
  readonly until: number
  readonly origin: Origin
}

/**
 * Looks at what leaves as if it had just come in. Whatever a detector finds there that masking did not write itself
 * is residue: it must not leave. What is a value only because masking changed the words beside it is none: there it
 * counts what the text was as it came.
 */
export class Residue implements Judge {
  readonly plan: Judge['plan']
  readonly types = new Set<EntityType>()
  readonly #pass: MaskingPass

  constructor(pass: MaskingPass) {
    this.#pass = pass
    this.plan = { ...pass.plan, fields: noFields }
  }

  overlooks(look: number, where: Where): boolean {
    return this.#pass.overlooks(look, where)
  }

  textEdits(text: string, where: Where, part?: Part): MaskingEdit[] {
    if (text.length < this.plan.shortest || this.#pass.isClean(text, where)) return []
    const { from, until } = part ?? { from: 0, until: text.length }
    const { written, plan } = this.#pass
    const { detector } = plan
    const isElsewhere = (start: number, end: number) => end <= from || start >= until
    const first = found(detector, text, where)
    if (first.every(({ start, end }) => isElsewhere(start, end) || written.has(text.slice(start, end)))) return []

    let rest = text
    for (const { start, end } of this.#pass.ownTokens(text)) {
      rest = rest.slice(0, start) + blank.repeat(end - start) + rest.slice(end)
    }
    for (const own of written) if (own.length > 3) rest = rest.replaceAll(own, blank.repeat(own.length))
    const residue = found(detector, rest, where).filter(({ start, end }) => !isElsewhere(start, end))
    const pasts = residue.length === 0 ? [] : this.#pastsOf(text, where, part)
    for (const { type, start, end } of residue) {
      // what left before may have been joined by dropping, and with this too
      const mayBeJoined = start < from && plan.action === 'drop'
      const wasNone = (past: Past) => past.wasNone(start - from, Math.min(end, until) - from)
      if (!mayBeJoined && pasts.length > 0 && pasts.every(wasNone)) continue
      this.types.add(type)
      this.#pass.noteResidue(type)
    }
    return []
  }

  #pastsOf(text: string, where: Where, part: Part | undefined): Past[] {
    const origins = part ? [part.origin] : this.#pass.origins.of(text)
    return origins.map(origin => new Past(origin, found(this.#pass.plan.detector, origin.text, where)))
  }

  /** The same look, but for strings that were looked at elsewhere. */
  beside(isSeen: (text: string, where: Where) => boolean): Judge {
    return {
      plan: this.plan,
      claim: (text, where) => (isSeen(text, where) ? [] : undefined),
      overlooks: (look, where) => this.overlooks(look, where),
      textEdits: (text, where) => this.textEdits(text, where),
      fieldEdit: (text, action) => this.fieldEdit(text, action),
    }
  }

  fieldEdit(text: string, action: Action): MaskingEdit {
    return { start: 0, end: 0, text, type: 'FIELD', action }
  }
}
