import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { maskAnswer } from '#core/masking/streams/answer.ts'
import { parsed } from '#core/masking/streams/template.ts'
import { cuts, pieces, through } from '../../../support/chunks.ts'
import { masked, passOf } from '../../../support/masking.ts'
import { texts } from '../../../support/masking-texts.ts'
import { type ModelStream, modelStreams } from '../../../support/model-streams.ts'

const entities = entityTypes.filter(type => type !== 'CUSTOM')
const runs = 60

/** What `drop` joins over words that have left already cannot be the same. */
const action = fc.constantFrom('redact', 'mask', 'tokenize')

/** What becomes of a text, and of arguments of a tool call, that come in one piece. */
function whole(content: string, rule: unknown): string {
  const result = masked(JSON.stringify({ content }), rule)
  expect(result.code).toBeUndefined()
  return JSON.parse(result.text).content
}

/** What becomes of a message alone: a number is JSON too. */
function alone(data: string, rule: unknown): string {
  return masked(data, rule, { contentType: parsed(data) === undefined ? 'text/plain' : 'application/json' }).text
}

async function streamed(body: string, rule: unknown, contentType: string, places: readonly number[]): Promise<string> {
  const answer = maskAnswer({ contentType }, passOf(rule))
  if (answer.kind !== 'stream') throw new Error(answer.kind)
  return through(utf8Bytes(body), answer.stream, places)
}

const lines = (messages: readonly object[]) => messages.map(message => `${JSON.stringify(message)}\n`).join('')
const messagesOf = (stream: string) => stream.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
const ollama: ModelStream = {
  events: texts =>
    lines([...texts.map(content => ({ message: { content }, done: false })), { message: { content: '' }, done: true }]),
  read: stream => ({
    text: messagesOf(stream)
      .map(({ message }) => message.content)
      .join(''),
    call: '',
  }),
}
const kinds = [
  ...Object.entries(modelStreams).map(([name, stream]) => ({ name, stream, contentType: 'text/event-stream' })),
  { name: 'Ollama’s lines', stream: ollama, contentType: 'application/x-ndjson' },
]

describe.each(kinds)('$name, wherever texts, tool calls and bytes are split', ({ stream, contentType }) => {
  it('give what masking gives in one piece', async () => {
    await fc.assert(
      fc.asyncProperty(action, texts, texts, cuts, cuts, cuts, async (act, said, note, inText, inCall, inBytes) => {
        const rule = { entities, action: act }
        const call = JSON.stringify({ note, to: [note], n: 1.5 })
        const out = await streamed(
          stream.events(pieces(said, inText), pieces(call, inCall)),
          rule,
          contentType,
          inBytes,
        )
        expect(out).not.toContain('masking-failed')
        const read = stream.read(out)
        expect(read.text).toBe(whole(said, rule))
        if (read.call !== '') expect(read.call).toBe(whole(call, rule))
      }),
      { numRuns: runs },
    )
  })
})

describe('what is no text of a model', () => {
  const message = fc.oneof(
    texts.map(said => said.replaceAll(/[\r\n]/g, ' ')),
    texts.map(note => JSON.stringify({ note, more: JSON.stringify({ note }) })),
  )

  it.each([
    ['text/event-stream', (data: string) => `data: ${data}\n\n`],
    ['application/x-ndjson', (data: string) => `${data}\n`],
  ])('of %s gives what each message gives alone', async (contentType, frame) => {
    await fc.assert(
      fc.asyncProperty(action, fc.array(message, { maxLength: 4 }), cuts, async (act, messages, inBytes) => {
        const rule = { entities, action: act }
        const out = await streamed(messages.map(frame).join(''), rule, contentType, inBytes)
        expect(out).toBe(messages.map(data => frame(alone(data, rule))).join(''))
      }),
      { numRuns: runs },
    )
  })

  it('of text gives the same whatever the chunks, and does not break off', async () => {
    await fc.assert(
      fc.asyncProperty(action, texts, cuts, async (act, said, inBytes) => {
        const rule = { entities, action: act }
        expect(await streamed(said, rule, 'text/plain', inBytes)).toBe(await streamed(said, rule, 'text/plain', []))
      }),
      { numRuns: runs },
    )
  })
})
