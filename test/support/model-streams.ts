/** Streams of models as their vendors document them, with a text and a tool call in pieces. */
export interface ModelStream {
  /** The whole stream of events. */
  readonly events: (textPieces: readonly string[], callPieces: readonly string[]) => string
  /** What a client puts together from a stream. */
  readonly read: (stream: string) => { readonly text: string; readonly call: string }
}

const event = (data: unknown, name?: string) =>
  `${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** The data of each event, parsed. */
export function dataOf(stream: string): Record<string, unknown>[] {
  return stream
    .split('\n\n')
    .flatMap(block => block.split('\n').filter(line => line.startsWith('data: ')))
    .flatMap(line => (line === 'data: [DONE]' ? [] : [JSON.parse(line.slice(6))]))
}

const chat = (delta: unknown, finish: string | null = null) =>
  event({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })

const responses = (type: string, more: object) => event({ type: `response.${type}`, ...more }, `response.${type}`)

const anthropic = (type: string, more: object) => event({ type, ...more }, type)

export const modelStreams: Readonly<Record<string, ModelStream>> = {
  'OpenAI chat completions': {
    events: (texts, calls) =>
      [
        chat({ role: 'assistant', content: '' }),
        ...texts.map(content => chat({ content })),
        chat({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'send', arguments: '' } }] }),
        ...calls.map(piece => chat({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
        chat({}, 'tool_calls'),
        event('[DONE]'),
      ].join(''),
    read: stream => {
      const deltas = dataOf(stream).flatMap(({ choices }) => (choices as { delta: Delta }[]).map(({ delta }) => delta))
      return {
        text: deltas.map(({ content }) => content ?? '').join(''),
        call: deltas.map(({ tool_calls }) => tool_calls?.[0]?.function.arguments ?? '').join(''),
      }
    },
  },
  'OpenAI responses': {
    events: (texts, calls) =>
      [
        ...texts.map(delta =>
          responses('output_text.delta', { item_id: 'm1', output_index: 0, content_index: 0, delta }),
        ),
        responses('output_text.done', { item_id: 'm1', output_index: 0, content_index: 0, text: texts.join('') }),
        ...calls.map(delta => responses('function_call_arguments.delta', { item_id: 'f1', output_index: 1, delta })),
        responses('function_call_arguments.done', { item_id: 'f1', output_index: 1, arguments: calls.join('') }),
        responses('completed', { response: { output: [{ content: [{ text: texts.join('') }] }] } }),
      ].join(''),
    read: stream => {
      const of = (type: string) =>
        (dataOf(stream) as unknown as { type: string; delta: string }[])
          .filter(data => data.type === `response.${type}.delta`)
          .map(({ delta }) => delta)
          .join('')
      return { text: of('output_text'), call: of('function_call_arguments') }
    },
  },
  'Anthropic messages': {
    events: (texts, calls) =>
      [
        anthropic('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
        event({ type: 'ping' }, 'ping'),
        ...texts.map(text => anthropic('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
        anthropic('content_block_stop', { index: 0 }),
        ...calls.map(piece =>
          anthropic('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: piece } }),
        ),
        anthropic('content_block_stop', { index: 1 }),
        anthropic('message_stop', {}),
      ].join(''),
    read: stream => {
      const deltas = (dataOf(stream) as unknown as { delta?: { text?: string; partial_json?: string } }[]).map(
        ({ delta }) => delta ?? {},
      )
      return {
        text: deltas.map(({ text }) => text ?? '').join(''),
        call: deltas.map(({ partial_json }) => partial_json ?? '').join(''),
      }
    },
  },
}

interface Delta {
  readonly content?: string
  readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[]
}
