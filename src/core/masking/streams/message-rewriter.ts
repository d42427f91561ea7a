import { Fault } from '#core/fault.ts'
import { jsonEscaped, spliced } from '../edit.ts'
import { atRoot, type FieldRules, type Places, type Where } from '../field-rules.ts'
import { documentEdits, jsonEdits } from '../json-mask.ts'
import type { Judge } from '../pass.ts'
import { type Claim, Claims } from './claims.ts'
import { endsOf, type Fragment, fragmentsOf } from './fragments.ts'
import { type Alike, parsed, Template } from './template.ts'
import type { TextFlow } from './text-flow.ts'

/** Texts that a model sends at once at most. */
const maxChannels = 256

export interface Rewriting {
  readonly judge: Judge
  /** For a text that comes in pieces. */
  flow(isJson: true | undefined, where: Where): TextFlow
  /**
   * Looks at a message, or a line that is none, which is to leave.
   *
   * @param claims what flows released into it: they have looked at that
   * @throws Fault when it must not
   */
  check?(text: string, isJson: boolean, claims?: Claims): void
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

  constructor(rewriting: Rewriting) {
    this.#rewriting = rewriting
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
    const released: Claim[] = []
    const ends = endsOf(message)
    const fragments = fragmentsOf(message).filter(({ path }) => !isField(path, judge.plan.fields))
    for (const [place, fragment] of fragments.entries()) {
      const channel = this.#channel(fragment, like)
      const isLast = !fragments.slice(place + 1).some(later => later.channel === fragment.channel)
      const isEnd = isLast && ends.some(end => fragment.channel.startsWith(end))
      const said = channel.flow.push(fragment.text) + (isEnd ? this.#close(fragment.channel) : '')
      released.push({ path: fragment.path, released: said })
    }
    const before = ends.flatMap(end => this.#endAll(end))
    if (released.length === 0) return { before, text: this.#document(text, judge, true) }

    const claims = new Claims(released)
    const rewritten = this.#document(text, judge, true, claims)
    const [only] = fragments
    if (only && released.length === 1 && ends.length === 0 && claims.isOnly) this.#template.learn(text, only)
    return { before, text: rewritten }
  }

  #alike(text: string, { fragment, said, with: spelled }: Alike, like: string): string {
    const released = this.#channel(fragment, like).flow.push(said)
    return released === said ? text : spelled(jsonEscaped(released))
  }

  plain(text: string): string {
    return text === '' ? text : this.#document(text, this.#rewriting.judge, false)
  }

  end(): Carried[] {
    return this.#endAll('')
  }

  #document(text: string, judge: Judge, isJson: boolean, claims?: Claims): string {
    const root = atRoot(judge.plan.fields)
    const edited = isJson ? jsonEdits : documentEdits
    const { edits, failure } = edited(text, claims?.over(judge) ?? judge, root)
    if (failure) throw new Fault('masking-failed', `a message of the stream cannot be read: ${failure}`)
    const rewritten = spliced(text, edits)
    this.#rewriting.check?.(rewritten, isJson, claims)
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
      return [{ text: this.#carrying(rest, last), like }]
    })
  }

  /** A message with the rest of a text; what else it brings is judged as in any other, but for pieces of other texts. */
  #carrying(rest: string, { carrier, channel }: Fragment): string {
    const message = carrier(rest)
    const claims = fragmentsOf(message).map(({ path, ...other }) => ({
      path,
      released: other.channel === channel ? rest : '',
    }))
    return this.#document(JSON.stringify(message), this.#rewriting.judge, true, new Claims(claims))
  }
}

/** A field that a rule names is replaced in each message as it stands there. */
function isField(path: Fragment['path'], fields: FieldRules): boolean {
  if (fields.isEmpty) return false
  return (
    fields.actionAt(path.reduce<Places>((places, name) => fields.below(places, String(name)), fields.root)) !==
    undefined
  )
}
