import type { Action } from './action.ts'
import type { EntityType } from './detectors/entity-types.ts'
import { FieldRules, type Where } from './field-rules.ts'
import { found, type Judge, type MaskingEdit, type MaskingPass } from './pass.ts'

/** Stands where a replacement stood: no pattern crosses it. */
const blank = '\u0001'

const noFields = new FieldRules([])

/**
 * Looks at what leaves as if it had just come in. Whatever a detector finds there that masking did not write itself
 * is residue: it must not leave.
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

  /** @param from what ends before this offset has left already */
  textEdits(text: string, where: Where, from = 0): MaskingEdit[] {
    if (text.length < this.plan.shortest || this.#pass.isClean(text, where)) return []
    const { written, plan } = this.#pass
    const { detector } = plan
    const isOwn = (start: number, end: number) => end <= from || written.has(text.slice(start, end))
    const first = found(detector, text, where)
    if (first.every(({ start, end }) => isOwn(start, end))) return []

    let rest = text
    for (const { start, end } of this.#pass.ownTokens(text)) {
      rest = rest.slice(0, start) + blank.repeat(end - start) + rest.slice(end)
    }
    for (const own of written) if (own.length > 3) rest = rest.replaceAll(own, blank.repeat(own.length))
    for (const { type, end } of found(detector, rest, where)) {
      if (end <= from) continue
      this.types.add(type)
      this.#pass.noteResidue(type)
    }
    return []
  }

  fieldEdit(text: string, action: Action): MaskingEdit {
    return { start: 0, end: 0, text, type: 'FIELD', action }
  }
}
