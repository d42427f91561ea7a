import { Fault } from '#core/fault.ts'
import { endsNothing } from '../detectors/tail.ts'
import { spliced } from '../edit.ts'
import { atRoot, type Where } from '../field-rules.ts'
import { documentEdits } from '../json-mask.ts'
import { masked } from '../origins.ts'
import type { MaskingPass } from '../pass.ts'
import { Residue } from '../residue.ts'
import { beginsJson, type TextFlow } from './text-flow.ts'
import { seenAfter, seenBefore, type Unit, UnitSplitter } from './unit-splitter.ts'
import { endsWord, type Parting } from './units.ts'

/** JSON is masked when it is whole; it may grow to this, in UTF-16 code units. */
const maxJsonLength = 1_048_576

/**
 * Masks a text as it streams, unit by unit. A text that begins as JSON is held until it ends, since nobody can read
 * it before; so are arguments of a tool call.
 */
export class MaskFlow implements TextFlow {
  readonly #pass: MaskingPass
  readonly #where: Where
  readonly #units: UnitSplitter
  readonly #residue: Residue
  readonly #isUnnamed: boolean
  #isJson: boolean | undefined
  /** The whole text, unless it is known to be no JSON. */
  #begun = ''
  #wentBefore = ''

  constructor(pass: MaskingPass, parting: Parting, isJson?: boolean, where: Where = atRoot(pass.plan.fields)) {
    this.#pass = pass
    this.#where = where
    this.#units = new UnitSplitter(pass.plan.hasOwnWords ? 'lines' : parting, parting === 'words' ? seenAfter : 0)
    this.#residue = new Residue(pass)
    this.#isJson = isJson
    this.#isUnnamed = where.name() === ''
  }

  /** @throws Fault `masking-failed` when a value is left in what is to leave, when one blocks, and when JSON is too long */
  push(text: string): string {
    if (this.#isJson === false) return this.#released(text, false)
    this.#begun += text
    this.#isJson ??= beginsJson(this.#begun)
    if (this.#isJson === false) return this.#released(this.#taken(), false)
    if (this.#begun.length > maxJsonLength) throw new Fault('masking-failed', 'JSON in a stream is too long')
    return ''
  }

  end(): string {
    const rest = this.#taken()
    return this.#isJson ? this.#maskedDocument(rest) : this.#released(rest, true)
  }

  #taken(): string {
    const begun = this.#begun
    this.#begun = ''
    return begun
  }

  #released(text: string, isEnd: boolean): string {
    let out = ''
    this.#units.push(text)
    for (let unit = this.#units.next(isEnd); unit; unit = this.#units.next(isEnd)) out += this.#masked(unit)
    return out
  }

  #masked({ text, start, end }: Unit): string {
    const cameBefore = text.slice(0, start)
    const unit = text.slice(start, end)
    const isPlain = this.#endsNothing(cameBefore, unit)
    const edits = isPlain ? [] : this.#pass.textEdits(text, this.#where, start, end)
    const origin = { text, from: start, until: end, edits }
    const out = masked(origin)
    const isAsCame = edits.length === 0 && cameBefore === this.#wentBefore
    const isStillPlain = isAsCame ? isPlain : this.#endsNothing(this.#wentBefore, out)
    const before = isStillPlain ? '' : this.#wentBefore
    const from = before.length
    const until = from + out.length
    this.#residue.textEdits(before + out + text.slice(end), this.#where, { from, until, origin })
    this.#refuseResidue()
    this.#pass.origins.clear()
    this.#wentBefore = (this.#wentBefore + out).slice(-seenBefore)
    return out
  }

  #endsNothing(before: string, unit: string): boolean {
    return !this.#pass.plan.hasOwnWords && this.#isUnnamed && endsWord(before) && endsNothing(before, unit)
  }

  #maskedDocument(text: string): string {
    const found = documentEdits(text, this.#pass, this.#where)
    if (found.failure) throw new Fault('masking-failed', `JSON in a stream cannot be read: ${found.failure}`)
    const out = spliced(text, found.edits)
    documentEdits(out, this.#residue, this.#where)
    this.#refuseResidue()
    this.#pass.origins.clear()
    return out
  }

  #refuseResidue(): void {
    const { blockedBy } = this.#pass
    if (blockedBy) throw new Fault('masking-failed', `a value of type ${blockedBy} blocks the stream`)
    if (this.#residue.types.size === 0) return
    throw new Fault('masking-failed', `${[...this.#residue.types].join(', ')} stood in what was to leave`)
  }
}
