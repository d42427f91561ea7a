import type { Action } from './action.ts'
import type { EntityType } from './detectors/entity-types.ts'
import type { Where } from './field-rules.ts'
import { FieldRules } from './field-rules.ts'
import type { Judge, MaskingEdit, MaskingPass } from './pass.ts'
import type { MaskingPlan } from './plan.ts'

/** Stands where a replacement stood: no pattern crosses it. */
const blank = '\u0001'

/**
 * Looks at what leaves as if it had just come in. Whatever a detector finds there that masking did not write itself
 * is residue: it must not leave.
 */
export class Residue implements Judge {
  readonly plan: MaskingPlan
  readonly types = new Set<EntityType>()
  readonly #pass: MaskingPass

  constructor(pass: MaskingPass) {
    this.#pass = pass
    this.plan = { ...pass.plan, fields: new FieldRules([]) }
  }

  /** @param from what ends before this offset has left already */
  textEdits(text: string, where: Where, from = 0): MaskingEdit[] {
    if (text.length < this.plan.shortest) return []
    const { written } = this.#pass
    const isOwn = (start: number, end: number) => end <= from || written.has(text.slice(start, end))
    const found = this.plan.detector.find(text, where.name())
    if (found.every(({ start, end }) => isOwn(start, end))) return []

    let rest = text
    for (const { start, end } of this.#pass.ownTokens(text)) {
      rest = rest.slice(0, start) + blank.repeat(end - start) + rest.slice(end)
    }
    for (const own of written) if (own.length > 3) rest = rest.replaceAll(own, blank.repeat(own.length))
    for (const { type, end } of this.plan.detector.find(rest, where.name())) if (end > from) this.types.add(type)
    return []
  }

  fieldEdit(text: string, action: Action): MaskingEdit {
    return { start: 0, end: 0, text, type: 'FIELD', action }
  }
}
