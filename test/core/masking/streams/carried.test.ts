import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { maskAnswer } from '#core/masking/streams/answer.ts'
import { through } from '../../../support/chunks.ts'
import { passOf } from '../../../support/masking.ts'

const rule = { entities: ['EMAIL'], fields: { '/**/taxId': 'redact' } }

async function masked(body: string, contentType: string): Promise<string> {
  const answer = maskAnswer({ contentType }, passOf(rule))
  if (answer.kind !== 'stream') throw new Error(answer.kind)
  return through(utf8Bytes(body), answer.stream)
}

/** What a message brings beside its text. */
const beside = { user: 'ann@example.com', taxId: 'T-1', call: { arguments: '{"to":"bob@example.com"}' } }
const chat = (delta: object, finish: string | null = null) => ({ ...beside, choices: [{ index: 0, delta, finish }] })

/** Streams whose last words are held back until the end, and what ends them. */
const streams: Readonly<Record<string, readonly object[]>> = {
  'chat completions': [chat({ content: 'the last word' }), { choices: [{ index: 0, finish_reason: 'stop' }] }],
  'chat completions, cut short': [chat({ content: 'the last word' })],
  Responses: [
    { type: 'response.output_text.delta', item_id: 'a', delta: 'the last word', ...beside },
    { type: 'response.output_text.done', item_id: 'a' },
  ],
  Messages: [
    { type: 'content_block_delta', index: 0, delta: { text: 'the last word', ...beside }, ...beside },
    { type: 'content_block_stop', index: 0 },
  ],
  Ollama: [
    { ...beside, message: { ...beside, content: 'the last word' }, done: false },
    { message: { content: '' }, done: true },
  ],
  generateContent: [{ candidates: [{ content: { ...beside, parts: [{ text: 'the last word' }] } }], ...beside }],
}

describe.each(Object.entries(streams))('a message that brings the rest of a text, in %s', (_name, messages) => {
  it.each([
    ['text/event-stream', (message: object) => `data: ${JSON.stringify(message)}\n\n`],
    ['application/x-ndjson', (message: object) => `${JSON.stringify(message)}\n`],
  ])('as %s, brings nothing else that was masked before', async (contentType, frame) => {
    const out = await masked(messages.map(frame).join(''), contentType)
    expect(out).toContain('word')
    expect(out).not.toMatch(/ann@|bob@|T-1/)
  })
})

describe('a message that brings the rest of a text', () => {
  it('has the masked name of its event', async () => {
    const body = `event: to ann@example.com\ndata: ${JSON.stringify(chat({ content: 'the last word' }))}\n\n`
    const out = await masked(body, 'text/event-stream')
    expect(out.match(/^event: .*$/gm)).toEqual(['event: to [EMAIL]', 'event: to [EMAIL]'])
  })

  it('brings no piece of another text a second time', async () => {
    const both = { response: 'to ann@exam', message: { content: 'a word' }, done: false }
    const rest = { response: 'ple.com now', message: { content: ' more' }, done: false }
    const lines = [both, rest, { done: true }].map(message => `${JSON.stringify(message)}\n`).join('')
    const out = await masked(lines, 'application/x-ndjson')
    const messages = out.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
    expect(messages.map(({ response = '' }) => response).join('')).toBe('to [EMAIL] now')
    expect(messages.map(({ message }) => message?.content ?? '').join('')).toBe('a word more')
  })
})
