import type { Where } from '../field-rules.ts'
import type { Judge, MaskingEdit } from '../pass.ts'
import type { Fragment } from './fragments.ts'

type Path = Fragment['path']

/** What leaves in place of the string at a path, since a flow has judged it with what came before. */
export interface Claim {
  readonly path: Path
  readonly released: string
}

/** The strings of one message that flows have taken. */
export class Claims {
  readonly #claims: readonly Claim[]
  readonly #names: ReadonlySet<unknown>
  /** How many strings were claimed, and how much else was found. */
  #claimed = 0
  #others = 0

  constructor(claims: readonly Claim[]) {
    this.#claims = claims
    this.#names = new Set(claims.map(({ path }) => path.at(-1)))
  }

  /** Whether but one string was touched, and it is a claimed one. */
  get isOnly(): boolean {
    return this.#claimed === 1 && this.#others === 0
  }

  /** Whether this very string is what a flow gave: it was looked at there, with what went before. */
  holds(text: string, where: Where): boolean {
    return this.#at(where)?.released === text
  }

  /** The judge, but for the strings that are claimed: what flows released takes their place. */
  over(judge: Judge): Judge {
    const counted = (edits: MaskingEdit[]) => {
      this.#others += edits.length
      return edits
    }
    return {
      // claims are made on strings of any length
      plan: { fields: judge.plan.fields, unknown: judge.plan.unknown, shortest: 0 },
      hidesPieces: judge.hidesPieces === true,
      claim: (text, where) => {
        const claim = this.#at(where)
        if (!claim) return undefined
        this.#claimed += 1
        const { released } = claim
        return released === text ? [] : [{ start: 0, end: text.length, text: released, type: 'TEXT', action: 'redact' }]
      },
      overlooks: (look, where) => !this.#names.has(where.name()) && judge.overlooks?.(look, where) === true,
      textEdits: (text, where) => counted(judge.textEdits(text, where)),
      fieldEdit: (text, action, where) => {
        this.#others += 1
        return judge.fieldEdit(text, action, where)
      },
    }
  }

  #at(where: Where): Claim | undefined {
    if (!this.#names.has(where.name())) return undefined
    const segments = where.segments()
    return this.#claims.findLast(({ path }) => isSame(path, segments))
  }
}

const isSame = (one: Path, other: Path) =>
  one.length === other.length && one.every((segment, place) => segment === other[place])
