import { Fault } from '#core/fault.ts'
import { endsNothing } from '../detectors/tail.ts'
import { spliced } from '../edit.ts'
import { atRoot, type Where } from '../field-rules.ts'
import { documentEdits } from '../json-mask.ts'
import type { MaskingPass } from '../pass.ts'
import { Residue } from '../residue.ts'
import { beginsJson, type TextFlow } from './text-flow.ts'
import { endsWord, type Parting, unitEnd } from './units.ts'

/** Characters before a unit that the detector sees with it, since a word before a value may tell what it is. */
const seenBefore = 128

/** JSON is masked when it is whole; it may grow to this, in UTF-16 code units. */
const maxJsonLength = 1_048_576

/**
 * Masks a text as it streams, unit by unit. A text that begins as JSON is held until it ends, since nobody can read
 * it before; so are arguments of a tool call.
 */
export class MaskFlow implements TextFlow {
  readonly #pass: MaskingPass
  readonly #where: Where
  readonly #parting: Parting
  readonly #residue: Residue
  readonly #isUnnamed: boolean
  #isJson: boolean | undefined
  #held = ''
  #cameBefore = ''
  #wentBefore = ''

  constructor(pass: MaskingPass, parting: Parting, isJson?: boolean, where: Where = atRoot(pass.plan.fields)) {
    this.#pass = pass
    this.#where = where
    this.#parting = pass.plan.hasOwnWords ? 'lines' : parting
    this.#residue = new Residue(pass)
    this.#isJson = isJson
    this.#isUnnamed = where.name() === ''
  }

  /** @throws Fault `masking-failed` when a value is left in what is to leave, when one blocks, and when JSON is too long */
  push(text: string): string {
    this.#held += text
    this.#isJson ??= beginsJson(this.#held)
    if (this.#isJson === undefined) return ''
    if (this.#isJson) {
      if (this.#held.length > maxJsonLength) throw new Fault('masking-failed', 'JSON in a stream is too long')
      return ''
    }
    let out = ''
    for (let end = unitEnd(this.#held, this.#parting); end > 0; end = unitEnd(this.#held, this.#parting)) {
      out += this.#masked(this.#held.slice(0, end))
      this.#held = this.#held.slice(end)
    }
    return out
  }

  end(): string {
    const rest = this.#held
    this.#held = ''
    return this.#isJson ? this.#maskedDocument(rest) : this.#masked(rest)
  }

  #masked(unit: string): string {
    const start = this.#cameBefore.length
    const text = this.#cameBefore + unit
    const edits = this.#endsNothing(this.#cameBefore, unit) ? [] : this.#pass.textEdits(text, this.#where, start)
    const masked = spliced(
      unit,
      edits.map(edit => ({ ...edit, start: edit.start - start, end: edit.end - start })),
    )
    if (!this.#endsNothing(this.#wentBefore, masked)) {
      this.#residue.textEdits(this.#wentBefore + masked, this.#where, this.#wentBefore.length)
    }
    this.#refuseResidue()
    this.#cameBefore = text.slice(-seenBefore)
    this.#wentBefore = (this.#wentBefore + masked).slice(-seenBefore)
    return masked
  }

  #endsNothing(before: string, unit: string): boolean {
    return !this.#pass.plan.hasOwnWords && this.#isUnnamed && endsWord(before) && endsNothing(before, unit)
  }

  #maskedDocument(text: string): string {
    const found = documentEdits(text, this.#pass, this.#where)
    if (found.failure) throw new Fault('masking-failed', `JSON in a stream cannot be read: ${found.failure}`)
    const masked = spliced(text, found.edits)
    documentEdits(masked, this.#residue, this.#where)
    this.#refuseResidue()
    return masked
  }

  #refuseResidue(): void {
    const { blockedBy } = this.#pass
    if (blockedBy) throw new Fault('masking-failed', `a value of type ${blockedBy} blocks the stream`)
    if (this.#residue.types.size === 0) return
    throw new Fault('masking-failed', `${[...this.#residue.types].join(', ')} stood in what was to leave`)
  }
}
