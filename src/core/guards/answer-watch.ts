import { fragmentsOf } from '#core/masking/streams/fragments.ts'
import type { Carried, Messages, Rewritten } from '#core/masking/streams/message-rewriter.ts'
import { injectionsIn, type Span } from './injection.ts'
import { type Prompt, type PromptText, pointerOf, promptIn } from './prompt.ts'

/** So much of a text that has left is looked at again with its next piece: more than any pattern spans. */
const seenBefore = 1_024
/** So much of it an analyzer is shown again. */
const shownBefore = 256
/** Texts that come in pieces at once; a piece of a further one is looked at alone. */
const maxTexts = 256

/** With which chat completions end a stream. */
const lastWord = '[DONE]'

interface Tail {
  readonly text: string
  /** How much came before it. */
  readonly start: number
}

/**
 * Reads an answer as it comes, and changes nothing of it. Pieces of one text are joined, by the dialects of streaming
 * models or else by where they stand in their messages, so what is split over messages is found before its last piece
 * leaves. What it keeps is bounded.
 */
export class AnswerWatch implements Messages {
  readonly #found: (spans: readonly Span[]) => void
  readonly #tails = new Map<string, Tail>()
  #window = new Map<string, PromptText & { readonly start: number }>()
  #windowLength = 0

  /** @param found told of injections that end in the piece that came; may throw */
  constructor(found: (spans: readonly Span[]) => void) {
    this.#found = found
  }

  /** Characters that came since the last window. */
  get windowLength(): number {
    return this.#windowLength
  }

  /** What came since it was last asked for, with a little of what came before; `startOf` tells where each text begins. */
  takeWindow(): { readonly prompt: Prompt; startOf(index: number): number } {
    const texts = [...this.#window.values()]
    this.#window = new Map()
    this.#windowLength = 0
    return { prompt: { texts, models: [] }, startOf: index => texts[index]?.start ?? 0 }
  }

  rewrite(text: string): Rewritten {
    const read = promptIn(text)
    if (!read && text.trim() !== lastWord) this.#piece('text', '', text, true)
    const fragments = read ? fragmentsOf(JSON.parse(text)) : []
    const known = new Set(fragments.map(({ path }) => pointerOf(path)))
    for (const { channel, path, text: piece } of fragments) this.#piece(channel, pointerOf(path), piece, true)
    for (const one of read?.texts ?? [])
      if (!known.has(one.pointer)) this.#piece(one.pointer, one.pointer, one.text, known.size === 0)
    return { before: [], text }
  }

  plain(text: string): string {
    if (text !== '') this.#piece(' ', '', text, false)
    return text
  }

  /** Takes a piece of an answer that is no more than a text. */
  text(text: string): string {
    if (text !== '') this.#piece('text', '', text, true)
    return text
  }

  end(): Carried[] {
    return []
  }

  #piece(channel: string, pointer: string, text: string, isShown: boolean): void {
    const { text: tail, start } = this.#tails.get(channel) ?? { text: '', start: 0 }
    const whole = tail + text
    const spans = [whole, ...(whole.includes('\\') ? [unescaped(whole)] : [])].flatMap(said => {
      const from = said === whole ? tail.length : unescaped(tail).length - longestEscape
      return injectionsIn({ texts: [{ text: said, pointer }], models: [] }).filter(({ end }) => end > from)
    })
    if (this.#tails.size < maxTexts || this.#tails.has(channel)) {
      const kept = whole.slice(-seenBefore)
      this.#tails.set(channel, { text: kept, start: start + whole.length - kept.length })
    }
    if (isShown) this.#show(channel, pointer, text, tail, start + tail.length)
    if (spans.length > 0)
      this.#found(spans.map(span => ({ ...span, start: start + span.start, end: start + span.end })))
  }

  #show(channel: string, pointer: string, text: string, tail: string, at: number): void {
    const before = tail.slice(-shownBefore)
    const known = this.#window.get(channel) ?? { text: before, pointer, start: at - before.length }
    this.#window.set(channel, { ...known, text: known.text + text })
    this.#windowLength += text.length
  }
}

const longestEscape = '\\u0000'.length

/** A text that may be a piece of JSON, as what it spells; one character for each escape. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-f]{4})|([^u]))/gi, (_, code: string | undefined, plain: string) =>
    code === undefined ? (spelled[plain] ?? plain) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

const spelled: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
