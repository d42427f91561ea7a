/** A piece of a text that a model sends in pieces. */
export interface Fragment {
  /** Pieces of one text have one channel. */
  readonly channel: string
  /** Where the piece stands in its message. */
  readonly path: readonly (string | number)[]
  readonly text: string
  /** The whole text is JSON: arguments of a tool call. */
  readonly isJson?: true
  /** A message of the same kind that brings nothing but a text. */
  carrier(text: string): unknown
}

interface Message {
  readonly [name: string]: unknown
}

interface Dialect {
  fragments(message: Message): Fragment[]
  /** Beginnings of the channels that come to an end with this message; an empty one is the beginning of all. */
  ends(message: Message): string[]
}

/**
 * The dialects of streaming models, one row each: chat completions (OpenAI and all that speak like it), the Responses
 * API (OpenAI), Messages (Anthropic), generateContent (Google), chat and generate (Ollama).
 */
const dialects: readonly Dialect[] = [
  {
    fragments: message =>
      each(message.choices).flatMap(([choice, at]) => {
        const index = indexOf(choice, at)
        const around = () => {
          const { choices: _choices, usage: _usage, ...rest } = message
          return rest
        }
        const carried = (delta: unknown) => ({ ...around(), choices: [{ index, delta, finish_reason: null }] })
        const path = ['choices', at, 'delta']
        const { delta } = choice
        if (!isMessage(delta)) {
          const whole = (text: string) => ({ ...around(), choices: [{ index, text, finish_reason: null }] })
          return textAt(choice, 'text', `choice ${index} text`, ['choices', at], whole)
        }
        const call = delta.function_call
        return [
          ...['content', 'refusal', 'reasoning_content', 'reasoning'].flatMap(name =>
            textAt(delta, name, `choice ${index} ${name}`, path, text => carried({ [name]: text })),
          ),
          ...each(delta.tool_calls).flatMap(([tool, place]) => {
            const number = indexOf(tool, place)
            const inPath = [...path, 'tool_calls', place, 'function']
            const carrier = (text: string) =>
              carried({ tool_calls: [{ index: number, function: { arguments: text } }] })
            return jsonAt(tool.function, 'arguments', `choice ${index} tool ${number}`, inPath, carrier)
          }),
          ...jsonAt(call, 'arguments', `choice ${index} call`, [...path, 'function_call'], text =>
            carried({ function_call: { arguments: text } }),
          ),
        ]
      }),
    ends: ({ choices }) =>
      each(choices).flatMap(([choice, at]) =>
        choice.finish_reason === null || choice.finish_reason === undefined ? [] : [`choice ${indexOf(choice, at)} `],
      ),
  },
  {
    fragments: message => {
      const { type } = message
      if (typeof type !== 'string' || !type.endsWith('.delta')) return []
      const at = type.includes('arguments') ? jsonAt : textAt
      return at(message, 'delta', responseChannel(message, type.slice(0, -6)), [], delta => ({ ...message, delta }))
    },
    ends: message => {
      const { type } = message
      if (typeof type !== 'string' || !type.startsWith('response.')) return []
      if (/^response\.(?:completed|incomplete|failed)$/.test(type)) return ['']
      return type.endsWith('.done') ? [responseChannel(message, type.slice(0, -5))] : []
    },
  },
  {
    fragments: message => {
      const { type, index, delta } = message
      if (type !== 'content_block_delta' || !isMessage(delta)) return []
      const carried = (name: string) => (text: string) => ({ ...message, delta: { ...delta, [name]: text } })
      return [
        ...textAt(delta, 'text', `block ${index} text`, ['delta'], carried('text')),
        ...textAt(delta, 'thinking', `block ${index} thinking`, ['delta'], carried('thinking')),
        ...jsonAt(delta, 'partial_json', `block ${index} json`, ['delta'], carried('partial_json')),
      ]
    },
    ends: ({ type, index }) =>
      type === 'content_block_stop'
        ? [`block ${index} `]
        : type === 'message_delta' || type === 'message_stop'
          ? ['']
          : [],
  },
  {
    fragments: ({ candidates }) =>
      each(candidates).flatMap(([candidate, at]) => {
        const index = indexOf(candidate, at)
        const content = isMessage(candidate.content) ? candidate.content : {}
        const carrier = (text: string) => ({ candidates: [{ index, content: { ...content, parts: [{ text }] } }] })
        return each(content.parts).flatMap(([part, place]) =>
          textAt(part, 'text', `candidate ${index} text`, ['candidates', at, 'content', 'parts', place], carrier),
        )
      }),
    ends: ({ candidates }) =>
      each(candidates).flatMap(([candidate, at]) =>
        candidate.finishReason ? [`candidate ${indexOf(candidate, at)} `] : [],
      ),
  },
  {
    fragments: message => {
      const { message: said, done } = message
      if (typeof done !== 'boolean') return []
      return [
        ...textAt(message, 'response', 'response', [], response => ({ ...message, response, done: false })),
        ...textAt(said, 'content', 'content', ['message'], content => ({
          ...message,
          message: { ...(isMessage(said) && said), content },
          done: false,
        })),
      ]
    },
    ends: ({ done }) => (done === true ? [''] : []),
  },
]

/** The pieces of texts in one message of a stream; none in a message that no dialect knows. */
export function fragmentsOf(message: unknown): Fragment[] {
  return isMessage(message) ? dialects.flatMap(dialect => dialect.fragments(message)) : []
}

/** Beginnings of the channels that end with a message. */
export function endsOf(message: unknown): string[] {
  return isMessage(message) ? dialects.flatMap(dialect => dialect.ends(message)) : []
}

function textAt(
  holder: unknown,
  name: string,
  channel: string,
  path: readonly (string | number)[],
  carrier: (text: string) => unknown,
): Fragment[] {
  const text = isMessage(holder) ? holder[name] : undefined
  return typeof text === 'string' ? [{ channel, path: [...path, name], text, carrier }] : []
}

function jsonAt(...parameters: Parameters<typeof textAt>): Fragment[] {
  return textAt(...parameters).map(fragment => ({ ...fragment, isJson: true }))
}

function responseChannel(message: Message, base: string): string {
  const { item_id, output_index, content_index, summary_index } = message
  return JSON.stringify([base, item_id, output_index, content_index, summary_index])
}

const indexOf = ({ index }: Message, at: number) => (typeof index === 'number' ? index : at)

function each(list: unknown): [Message, number][] {
  return Array.isArray(list)
    ? list.flatMap((item, at) => (isMessage(item) ? [[item, at] as [Message, number]] : []))
    : []
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
