import { Fault } from '#core/fault.ts'
import { jsonEscaped, spliced } from '../edit.ts'
import { atRoot, type FieldRules, type Places, type Where } from '../field-rules.ts'
import { documentEdits, jsonEdits } from '../json-mask.ts'
import type { Judge, MaskingEdit } from '../pass.ts'
import { withoutPieces } from '../pieces.ts'
import { endsOf, type Fragment, fragmentsOf } from './fragments.ts'
import { type Alike, parsed, Template } from './template.ts'
import type { TextFlow } from './text-flow.ts'

/** Texts that a model sends at once at most. */
const maxChannels = 256

export interface Rewriting {
  readonly judge: Judge
  /** For a text that comes in pieces. */
  flow(isJson: true | undefined, where: Where): TextFlow
  /** Looks at a message, or a line that is none, which is to leave. @throws Fault when it must not */
  check?(text: string, isJson: boolean): void
  /** Looks at a text of a message that is to leave, when all around it was looked at before. */
  checkText?(text: string, name: string): void
}

/** What leaves for one message: perhaps others first, with text that was held back. */
export interface Rewritten {
  readonly before: readonly Carried[]
  readonly text: string
}

/** A message that brings the rest of a text. `like` tells what it is sent as: whatever went with its text's last piece. */
export interface Carried {
  readonly text: string
  readonly like: string
}

/** Takes the messages of a stream, in order, and gives what leaves for each. */
export interface Messages {
  /** @param like what the message is sent as, e.g. the name of its event */
  rewrite(text: string, like?: string): Rewritten
  /** Takes a text that stands beside the messages. */
  plain(text: string): string
  /** What is still held back when the stream ends. */
  end(): Carried[]
}

/** What leaves in place of the string at a path. */
interface Claimed {
  readonly path: Path
  readonly released: string
}

interface Channel {
  readonly flow: TextFlow
  last: Fragment
  like: string
}

/**
 * Rewrites the messages of a stream, one JSON text each. Texts that a model sends in pieces go through a flow of their
 * own, so a value that is split over messages is found; the rest of each message is rewritten as it stands.
 */
export class MessageRewriter implements Messages {
  readonly #rewriting: Rewriting
  readonly #channels = new Map<string, Channel>()
  readonly #template = new Template()
  /** Claims are made on strings of any length. */
  readonly #claimedPlan: Judge['plan']

  constructor(rewriting: Rewriting) {
    this.#rewriting = rewriting
    this.#claimedPlan = { ...rewriting.judge.plan, shortest: 0 }
  }

  rewrite(text: string, like = ''): Rewritten {
    const { judge } = this.#rewriting
    const alike = this.#template.match(text)
    if (alike) return { before: [], text: this.#alike(text, alike, like) }
    const message = parsed(text)
    if (message === undefined) {
      const before = text.trim() === '[DONE]' ? this.end() : []
      return { before, text: this.#document(text, judge, false) }
    }
    const claims: Claimed[] = []
    const ends = endsOf(message)
    const fragments = fragmentsOf(message).filter(({ path }) => !isField(path, judge.plan.fields))
    for (const [place, fragment] of fragments.entries()) {
      const channel = this.#channel(fragment, like)
      const isLast = !fragments.slice(place + 1).some(later => later.channel === fragment.channel)
      const isEnd = isLast && ends.some(end => fragment.channel.startsWith(end))
      const released = channel.flow.push(fragment.text) + (isEnd ? this.#close(fragment.channel) : '')
      claims.push({ path: fragment.path, released })
    }
    const before = ends.flatMap(end => this.#endAll(end))
    if (claims.length === 0) return { before, text: this.#document(text, judge, true) }

    const claiming = withClaims(judge, this.#claimedPlan, claims)
    const rewritten = this.#document(text, claiming.judge, true)
    const [only] = fragments
    if (only && claims.length === 1 && ends.length === 0 && claiming.isOnly()) this.#template.learn(text, only)
    return { before, text: rewritten }
  }

  #alike(text: string, { fragment, said, with: spelled }: Alike, like: string): string {
    const released = this.#channel(fragment, like).flow.push(said)
    this.#rewriting.checkText?.(released, String(fragment.path.at(-1)))
    return released === said ? text : spelled(jsonEscaped(released))
  }

  plain(text: string): string {
    return text === '' ? text : this.#document(text, this.#rewriting.judge, false)
  }

  end(): Carried[] {
    return this.#endAll('')
  }

  #document(text: string, judge: Judge, isJson: boolean): string {
    const root = atRoot(judge.plan.fields)
    const { edits, failure } = isJson ? jsonEdits(text, judge, root) : documentEdits(text, judge, root)
    if (failure) throw new Fault('masking-failed', `a message of the stream cannot be read: ${failure}`)
    const rewritten = spliced(text, edits)
    this.#rewriting.check?.(rewritten, isJson)
    return rewritten
  }

  #channel(fragment: Fragment, like: string): Channel {
    const known = this.#channels.get(fragment.channel)
    if (known) return Object.assign(known, { last: fragment, like })
    if (this.#channels.size >= maxChannels) throw new Fault('masking-failed', `more than ${maxChannels} texts at once`)
    const { fields } = this.#rewriting.judge.plan
    const segments = fragment.path.map(segment => (typeof segment === 'number' ? 0 : segment))
    const where: Where = { places: fields.root, name: () => '', segments: () => segments }
    const made: Channel = { flow: this.#rewriting.flow(fragment.isJson, where), last: fragment, like }
    this.#channels.set(fragment.channel, made)
    return made
  }

  #close(name: string): string {
    const rest = this.#channels.get(name)?.flow.end() ?? ''
    this.#channels.delete(name)
    return rest
  }

  #endAll(beginning: string): Carried[] {
    return [...this.#channels].flatMap(([name, { last, like }]) => {
      if (!name.startsWith(beginning)) return []
      const rest = this.#close(name)
      if (rest === '') return []
      const text = JSON.stringify(last.carrier(rest))
      return [{ text: spliced(text, withoutPieces(text, [], this.#rewriting.judge)), like }]
    })
  }
}

/** The judge, but for the strings at some paths, which have been judged already; and whether it touched but one of them. */
function withClaims(judge: Judge, plan: Judge['plan'], claims: readonly Claimed[]) {
  let claimed = 0
  let others = 0
  const isClaimed = (name: string) => claims.some(({ path }) => path.at(-1) === name)
  const counted = (edits: MaskingEdit[]) => {
    others += edits.length
    return edits
  }
  const claiming: Judge = {
    plan,
    hidesPieces: judge.hidesPieces === true,
    claim: (text, where) => {
      if (!isClaimed(where.name())) return undefined
      const segments = where.segments()
      const claim = claims.findLast(({ path }) => isSame(path, segments))
      if (!claim) return undefined
      claimed += 1
      const { released } = claim
      return released === text ? [] : [{ start: 0, end: text.length, text: released, type: 'TEXT', action: 'redact' }]
    },
    overlooks: (look, where) => !isClaimed(where.name()) && judge.overlooks?.(look, where) === true,
    textEdits: (text, where) => counted(judge.textEdits(text, where)),
    fieldEdit: (text, action, where) => {
      others += 1
      return judge.fieldEdit(text, action, where)
    },
  }
  return { judge: claiming, isOnly: () => claimed === 1 && others === 0 }
}

type Path = Fragment['path']

const isSame = (one: Path, other: Path) =>
  one.length === other.length && one.every((segment, place) => segment === other[place])

/** A field that a rule names is replaced in each message as it stands there. */
function isField(path: Fragment['path'], fields: FieldRules): boolean {
  if (fields.isEmpty) return false
  return (
    fields.actionAt(path.reduce<Places>((places, name) => fields.below(places, String(name)), fields.root)) !==
    undefined
  )
}
