import { Fault } from '#core/fault.ts'
import { OutOfSteps } from '#core/steps.ts'
import { type Action, keyedActions, replacementOf } from './action.ts'
import type { AppKeys } from './app-keys.ts'
import type { Detector } from './detectors/detector.ts'
import type { Finding } from './detectors/finding.ts'
import { TextTooLong } from './detectors/own/too-long.ts'
import type { Edit } from './edit.ts'
import type { Where } from './field-rules.ts'
import { Lineage, type LineageRow } from './lineage.ts'
import { Origins } from './origins.ts'
import type { MaskingPlan } from './plan.ts'
import { maxTokenLength, tokenPrefix } from './token.ts'

/** What becomes of a piece of a text; offsets count UTF-16 code units within the text that was given. */
export interface MaskingEdit extends Edit {
  /** The type found, or `FIELD` where a field rule did not ask what the field holds. */
  readonly type: string
  readonly action: Action
}

/** Decides what becomes of texts; the walks bring them. */
export interface Judge {
  readonly plan: Pick<MaskingPlan, 'fields' | 'shortest' | 'unknown'>
  /** Lets nothing through that repeats a text in pieces, where no value could be seen. */
  readonly hidesPieces?: boolean
  /** Takes a string as a whole, before it is read as JSON or as a field; `undefined` for one that it does not take. */
  claim?(text: string, where: Where): MaskingEdit[] | undefined
  /** Whether a first look at a text within JSON, as `glance` gives it, tells that nothing becomes of it. */
  overlooks?(look: number, where: Where): boolean
  /** What becomes of the values in a text. */
  textEdits(text: string, where: Where): MaskingEdit[]
  /** What becomes of a field that a rule names, whatever it holds. */
  fieldEdit(text: string, action: Action, where: Where): MaskingEdit
}

/** @throws Fault `masking-failed` where an operator's own patterns or words would take too long */
export function found(detector: Detector, text: string, where: Where): readonly Finding[] {
  try {
    return detector.find(text, where.name())
  } catch (error) {
    if (!(error instanceof TextTooLong || error instanceof OutOfSteps)) throw error
    throw new Fault('masking-failed', error.message || 'own patterns would take too long')
  }
}

/** Distinct values whose replacements a pass remembers, so that a value that comes often costs little. */
const maxRemembered = 2_000

/** Clean texts that are remembered, and how long they may be, so that they need not be looked at twice. */
const maxClean = 20_000
const longestClean = 512

/**
 * One request, or one answer, on its way through one plan: its query, its headers, its body. Values found in one
 * of them are counted together.
 */
export class MaskingPass implements Judge {
  readonly hidesPieces = true
  readonly plan: MaskingPlan
  /** Tokens made so far: what `restore` may open in the answer. */
  readonly tokens = new Set<string>()
  /** Everything that was written in place of a value. */
  readonly written = new Set<string>()
  /** What texts were before this pass changed them. */
  readonly origins = new Origins()
  /** Types of values that were seen in what was to leave. */
  readonly #residue = new Set<string>()
  readonly #tellResidue: ((type: string) => void) | undefined
  /** The type of a value that must let nothing through. */
  blockedBy: string | undefined
  readonly #keys: AppKeys | undefined
  readonly #lineage: Lineage
  #clean: Map<string, string> | undefined
  readonly #replacements = new Map<string, string>()

  /**
   * @param keys of the plan's app; needed where `plan.needsKeys`
   * @param tellResidue called once for each type of which a value was seen in what was to leave
   */
  constructor(plan: MaskingPlan, keys?: AppKeys, tellResidue?: (type: string) => void) {
    if (plan.needsKeys && keys?.app !== plan.app) throw new TypeError(`the plan needs the keys of ${plan.app}`)
    this.plan = plan
    this.#keys = keys
    this.#tellResidue = tellResidue
    this.#lineage = new Lineage(plan.rule, plan.detector)
  }

  get lineage(): LineageRow[] {
    return this.#lineage.rows
  }

  overlooks(look: number, where: Where): boolean {
    return this.plan.detector.overlooks(look, where)
  }

  /** @param from what stands before this offset, and from `until` on, is only looked at */
  textEdits(text: string, where: Where, from = 0, until = text.length): MaskingEdit[] {
    if (text.length < this.plan.shortest || this.isClean(text, where)) return []
    const findings = found(this.plan.detector, text, where)
    if (findings.length === 0) {
      this.#rememberClean(text, where)
      return []
    }
    const own = this.ownTokens(text)
    const edits: MaskingEdit[] = []
    for (const { type, start, end } of findings) {
      if (end <= from || start >= until || own.some(token => start >= token.start && end <= token.end)) continue
      edits.push(this.#edit(Math.max(start, from), Math.min(end, until), type, text, this.plan.action, where))
    }
    if (edits.length > 0) this.origins.note({ text, from, until, edits })
    return edits
  }

  /** Notes a value that was seen in what was to leave. */
  noteResidue(type: string): void {
    if (this.#residue.has(type)) return
    this.#residue.add(type)
    this.#tellResidue?.(type)
  }

  fieldEdit(text: string, action: Action, where: Where): MaskingEdit {
    return this.#edit(0, text.length, 'FIELD', text, action, where)
  }

  /** Whether this very text, under this very name, was looked at and found clean: it need not be looked at again. */
  isClean(text: string, where: Where): boolean {
    return this.#clean !== undefined && this.#clean.get(text) === where.name()
  }

  /** Remembers from now on what is clean. A whole body without a finding is looked at once only, so it need not. */
  rememberClean(): void {
    this.#clean ??= new Map()
  }

  #rememberClean(text: string, where: Where): void {
    if (this.#clean && this.#clean.size < maxClean && text.length <= longestClean) this.#clean.set(text, where.name())
  }

  /** Where tokens of this app stand: they are no values, though a pattern may fit a part of one. */
  ownTokens(text: string): { readonly start: number; readonly end: number }[] {
    if (!this.#keys || !text.includes(tokenPrefix)) return []
    const found: { start: number; end: number }[] = []
    for (const { 0: run, index } of text.matchAll(/GHT_[A-Z0-9_]+/g)) {
      if (this.tokens.has(run) || (run.length <= maxTokenLength && this.#keys.open(run)))
        found.push({ start: index, end: index + run.length })
    }
    return found
  }

  #edit(start: number, end: number, type: string, text: string, action: Action, where: Where) {
    this.rememberClean()
    this.#lineage.add(type, action, where.segments())
    if (action === 'block') this.blockedBy = type
    return { start, end, type, action, text: this.#replacement(action, type, text.slice(start, end)) }
  }

  #replacement(action: Action, type: string, value: string): string {
    const made = keyedActions.has(action) ? this.#keyed(action, type, value) : this.#make(action, type, value)
    if (made !== '') this.written.add(made)
    return made
  }

  /** Cryptography costs more than a look into the memory. */
  #keyed(action: Action, type: string, value: string): string {
    const key = `${action} ${type} ${value}`
    const known = this.#replacements.get(key)
    if (known !== undefined) return known
    const made = this.#make(action, type, value)
    if (this.#replacements.size < maxRemembered) this.#replacements.set(key, made)
    if (made.startsWith(tokenPrefix)) this.tokens.add(made)
    return made
  }

  #make(action: Action, type: string, value: string): string {
    return replacementOf(action, type, value, { keepLast: this.plan.keepLast, keys: this.#keys })
  }
}
