import { gathered } from './cut-short.ts'
import { LineSplitter, maxMessageLength, tooLong } from './line-splitter.ts'
import type { Carried, Messages } from './message-rewriter.ts'
import type { TextFlow } from './text-flow.ts'

/** NDJSON: a message is a line. */
export class LineFraming implements TextFlow {
  readonly #rewriter: Messages
  readonly #lines = new LineSplitter(/\n/g)

  constructor(rewriter: Messages) {
    this.#rewriter = rewriter
  }

  push(text: string): string {
    return this.#lines
      .push(text)
      .map(line => this.#rewritten(line.slice(0, -1), '\n'))
      .join('')
  }

  end(): string {
    const last = this.#rewritten(this.#lines.rest(), '')
    const rest = this.#rewriter.end().map(({ text }) => `${text}\n`)
    return rest.length > 0 && last !== '' ? `${last}\n${rest.join('')}` : last + rest.join('')
  }

  #rewritten(line: string, ending: string): string {
    if (line.trim() === '') return line + ending
    const { before, text } = this.#rewriter.rewrite(line)
    return [...before.map(carried => `${carried.text}\n`), text, ending].join('')
  }
}

/** Server-sent events (HTML standard, §9.2): a message is the data of an event. */
export class EventFraming implements TextFlow {
  readonly #rewriter: Messages
  /** A carriage return ends a line only when it is known that no line feed follows. */
  readonly #splitter = new LineSplitter(/\r\n|\n|\r(?=[\s\S])/g)
  /** The lines of the event that is not whole yet, with their endings. */
  #lines: string[] = []
  #length = 0

  constructor(rewriter: Messages) {
    this.#rewriter = rewriter
  }

  /** @throws CutShort at an event that must not leave */
  push(text: string): string {
    return gathered(emit => {
      for (const line of this.#splitter.push(text)) {
        this.#lines.push(line)
        this.#length += line.length
        if (this.#length > maxMessageLength) throw tooLong()
        if (/^[\r\n]/.test(line)) emit(this.#event())
      }
    })
  }

  end(): string {
    return gathered(emit => {
      const rest = this.#splitter.rest()
      if (rest !== '') this.#lines.push(rest)
      const last = this.#lines.length > 0 ? this.#event() : ''
      const carried = this.#rewriter
        .end()
        .map(rest => this.#carried(rest))
        .join('')
      emit(carried !== '' && last !== '' ? `${last.trimEnd()}\n\n${carried}` : last + carried)
    })
  }

  #event(): string {
    const lines = this.#lines
    this.#lines = []
    this.#length = 0
    const fields = lines.map(line => fieldOf(line.replace(/[\r\n]+$/, '')))
    const data = fields.filter(({ name }) => name === 'data').map(({ value }) => value)
    const kind = fields.findLast(({ name }) => name === 'event')?.value ?? ''
    const { before, text } = data.length > 0 ? this.#rewriter.rewrite(data.join('\n'), kind) : { before: [], text: '' }
    const values = fields.map(({ name, value }) => (name === 'data' ? value : this.#rewriter.plain(value)))
    const isSame = text === data.join('\n') && fields.every(({ value }, place) => value === values[place])
    return [...before.map(rest => this.#carried(rest)), isSame ? lines.join('') : rebuilt(fields, values, text)].join(
      '',
    )
  }

  #carried({ text, like }: Carried): string {
    const kind = like === '' ? [] : [`event: ${this.#rewriter.plain(like)}`]
    return `${[...kind, ...dataLines(text)].join('\n')}\n\n`
  }
}

interface Field {
  readonly name: string
  readonly value: string
}

/** A line as a field; a comment is one without a name, as is the empty line that ends an event. */
function fieldOf(line: string): Field {
  const colon = line.indexOf(':')
  if (colon < 0) return { name: line, value: '' }
  return { name: line.slice(0, colon), value: line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1) }
}

function rebuilt(fields: readonly Field[], values: readonly string[], data: string): string {
  const lines = fields.flatMap(({ name }, place) =>
    name === 'data' || (name === '' && values[place] === '') ? [] : [`${name}: ${values[place]}`],
  )
  return `${[...lines, ...dataLines(data)].join('\n')}\n\n`
}

const dataLines = (data: string) => data.split('\n').map(line => `data: ${line}`)
