import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import type { BodyKind } from '#core/masking/body.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import type { MaskingPass } from '#core/masking/pass.ts'
import { maskAnswer } from '#core/masking/streams/answer.ts'
import { cuts, pieces, through } from '../../../support/chunks.ts'
import { elapsedMs } from '../../../support/elapsed.ts'
import { passOf } from '../../../support/masking.ts'
import { dataOf, modelStreams } from '../../../support/model-streams.ts'

const email = { entities: ['EMAIL'] }
const events = { contentType: 'text/event-stream' }

async function sent(
  text: string | Uint8Array,
  kind: BodyKind = events,
  { places = [], pass = passOf(email) }: { places?: readonly number[]; pass?: MaskingPass } = {},
): Promise<string> {
  const answer = maskAnswer(kind, pass)
  if (answer.kind !== 'stream') return answer.kind === 'refused' ? answer.code : answer.kind
  return through(typeof text === 'string' ? utf8Bytes(text) : text, answer.stream, places)
}

const said = 'Grüße, 😀 write to ann@example.com or bob@example.org, then 12 or 13 times.'
const meant = 'Grüße, 😀 write to [EMAIL] or [EMAIL], then 12 or 13 times.'
const call = JSON.stringify({ to: 'ann@example.com', n: 1.5 })

describe.each(Object.entries(modelStreams))('masking %s', (_name, { events: stream, read }) => {
  it('finds values that are split over events, wherever texts and chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, cuts, cuts, async (inText, inCall, inBytes) => {
        const body = stream(pieces(said, inText), pieces(call, inCall))
        const out = await sent(body, events, { places: inBytes })
        expect(read(out)).toEqual({ text: meant, call: '{"to":"[EMAIL]","n":1.5}' })
        expect(out).not.toMatch(/ann@|@example/)
        expect(await sent(body)).toBe(out)
      }),
      { numRuns: 40 },
    )
  })
})

describe.each(Object.entries(modelStreams))('masking %s', (_name, { events: stream, read }) => {
  const types = { entities: ['PHONE', 'IBAN', 'DATE_OF_BIRTH', 'API_SECRET', 'CREDIT_CARD', 'ES_NIF'] }

  it.each([
    ['a word before unmakes it', ['the order', ' 0532 0130 00', ' is here'], undefined],
    ['words before unmake it', ['the order was ', '0532 0130 00 ', 'in all'], undefined],
    ['a line before unmakes it', ['the order\n', '0532 0130 00', '\nin all'], undefined],
    ['a word after makes it', ['5321130088 ', 'is what ', 'you may call'], '[PHONE] is what you may call'],
    ['a day', ['born on the 23rd of ', 'October', ' 1985'], 'born on the [DATE_OF_BIRTH]'],
    ['a quoted secret', ['password: "correct ', 'horse ', 'staple1" '], 'password: "[API_SECRET]" '],
    ['an account in letters', ['mt09 malt 0110 0001 2345 mtlc ', 'cast ', '01s '], '[IBAN] '],
    ['a letter apart', ['build 10.33.102.159 ', 'F ', 'as said'], 'build 10.[ES_NIF] as said'],
    ['wide digits', ['４１１１ １１１１ ', '１１１１ １１１１ '], '[CREDIT_CARD] '],
  ])('knows a value by what stands beside it, in whatever message: %s', async (_what, parts, out) => {
    for (const texts of [parts, [parts.join('')], [...parts.join('')]]) {
      expect(read(await sent(stream(texts, []), events, { pass: passOf(types) })).text).toBe(out ?? parts.join(''))
    }
  })
})

describe('masking a stream', () => {
  it('does not end where words are a value only since masking took out what was between them', async () => {
    const long = `ann@${['x', 'y', 'z'].map(letter => letter.repeat(60)).join('.')}.com`
    const parts = ['the password: "a1 ', `${long} and ${long} `, 'in other words ', 'then" ', 'and so on']
    const { events: stream, read } = modelStreams['Anthropic messages'] as (typeof modelStreams)[string]
    const pass = passOf({ entities: ['EMAIL', 'API_SECRET'] })
    const { text } = read(await sent(stream(parts, []), events, { pass }))
    expect(text).toBe('the password: "a1 [EMAIL] and [EMAIL] in other words then" and so on')
  })

  it('lets nothing through that repeats its text token by token, in no dialect', async () => {
    const logprobs = [...'ann@example.com'].map(token => ({ token, bytes: [token.charCodeAt(0)] }))
    const chat = (content: string) => ({ choices: [{ index: 0, delta: { content }, logprobs: { content: logprobs } }] })
    const responses = (delta: string) => ({ type: 'response.output_text.delta', item_id: 'a', delta, logprobs })
    for (const message of [chat, responses]) {
      const said = ['to ann@exam', 'ple.com'].map(part => `data: ${JSON.stringify(message(part))}\n\n`)
      const out = await sent(said.join(''))
      expect(out).toContain('[EMAIL]')
      expect(out).toContain('"logprobs":null')
      expect(out).not.toContain('token')
    }
  })

  it('of text gives the same whatever the chunks', async () => {
    const line = fc.constantFrom(
      'a line\n',
      'ann@example.com\n',
      'x'.repeat(3_000),
      ' to bob@example.org ',
      '😀\r\n',
      '日本語。',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), cuts, async (lines, places) => {
        const text = lines.join('')
        const out = await sent(text, { contentType: 'text/plain' }, { places })
        expect(out).toBe(await sent(text, { contentType: 'text/plain' }))
        expect(out).not.toMatch(/\w@example/)
      }),
      { numRuns: 60 },
    )
  })

  it('of lines gives each line when it is whole, JSON as JSON', async () => {
    const body = '{"to":"ann@example.com"}\n\n"bob@example.com"\r\nno JSON, eve@example.com'
    await fc.assert(
      fc.asyncProperty(cuts, async places => {
        expect(await sent(body, { contentType: 'application/x-ndjson' }, { places })).toBe(
          '{"to":"[EMAIL]"}\n\n"[EMAIL]"\r\nno JSON, [EMAIL]',
        )
      }),
      { numRuns: 20 },
    )
  })

  it('of Ollama’s lines finds values split over them', async () => {
    const line = (content: string, done = false) => `${JSON.stringify({ model: 'm', message: { content }, done })}\n`
    const out = await sent(line('to ann@exa') + line('mple.com ') + line('now') + line('', true), {
      contentType: 'application/x-ndjson',
    })
    const texts = out.split('\n').flatMap(text => (text ? [JSON.parse(text).message.content] : []))
    expect(texts.join('')).toBe('to [EMAIL] now')
  })

  it('of Google’s events tells candidates apart', async () => {
    const data = (index: number, text: string, finishReason?: string) =>
      `data: ${JSON.stringify({ candidates: [{ index, content: { parts: [{ text }] }, finishReason }] })}\n\n`
    const out = await sent(
      data(1, 'to ann@exa') + data(10, 'or bob@exa') + data(1, 'mple.com', 'STOP') + data(10, 'mple.org', 'STOP'),
    )
    const texts = (index: number) =>
      dataOf(out)
        .flatMap(({ candidates }) => candidates as { index: number; content: { parts: { text: string }[] } }[])
        .flatMap(candidate => (candidate.index === index ? candidate.content.parts.map(({ text }) => text) : []))
    expect([texts(1).join(''), texts(10).join('')]).toEqual(['to [EMAIL]', 'or [EMAIL]'])
  })

  it('of JSON gives it when it is whole', async () => {
    expect(await sent('{"a":"ann@example.com"}', { contentType: 'application/json' }, { places: [3, 9] })).toBe(
      '{"a":"[EMAIL]"}',
    )
  })

  it('of events keeps what is not touched, in bytes: comments, ids, line ends', async () => {
    const body = ': hi\r\nid: 7\r\nevent: x\r\ndata: {"a" : 1.0}\r\n\r\ndata: one\rdata: two\r\rretry: 10\n\n'
    expect(await sent(body)).toBe(body)
    expect(await sent(': to ann@example.com\nid: bob@example.com\ndata: a\ndata: eve@example.com\n\n')).toBe(
      ': to [EMAIL]\nid: [EMAIL]\ndata: a\ndata: [EMAIL]\n\n',
    )
  })

  it('sends words on as soon as no value can reach across their end', async () => {
    const answer = maskAnswer(events, passOf(email))
    if (answer.kind !== 'stream') throw new Error('no stream')
    const writer = answer.stream.writable.getWriter()
    const reader = answer.stream.readable.getReader()
    const chunk = (content: string) =>
      utf8Bytes(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`)
    void writer.write(chunk('one two three four'))
    const { value } = await reader.read()
    expect(new TextDecoder().decode(value)).toContain('"content":"one two "')
    await reader.cancel()
  })
})

describe('a stream that must not go on', () => {
  const leaky = () => {
    const pass = passOf(email)
    const textEdits = pass.textEdits.bind(pass)
    pass.textEdits = (text, ...more) => (text.includes('eve@') ? [] : textEdits(text, ...more))
    return pass
  }
  const fault = 'event: error\ndata: {"type":"/faults/masking-failed"'

  it('ends with an error event before the window in which a value is left', async () => {
    const body = 'data: ann@example.com\n\ndata: eve@example.com\n\ndata: more\n\n'
    const out = await sent(body, events, { pass: leaky() })
    expect(out).toContain(`data: [EMAIL]\n\n${fault}`)
    expect(out).not.toMatch(/eve@|more/)
  })

  it.each([
    ['joined over messages', ['to e', 've@example.com or so on'], []],
    ['whole in one', ['to ', 'eve@example.com ', 'or so on'], []],
    ['in the last words', ['to eve@', 'example.com'], []],
    ['in a call', [], ['{"to":"eve@exa', 'mple.com"}']],
    ['after many alike', [...'many words '.repeat(9).split(/(?<= )/), 'eve@example.com ', 'or so on'], []],
  ])('ends where a value is left in the text of a model: %s', async (_where, texts, calls) => {
    for (const { events: stream } of Object.values(modelStreams)) {
      const out = await sent(stream(texts, calls), events, { pass: leaky() })
      expect(out).toContain(fault)
      expect(out).not.toMatch(/eve@/)
    }
  })

  it('breaks off where there are no events to say it in', async () => {
    await expect(sent('to eve@example.com\n', { contentType: 'text/plain' }, { pass: leaky() })).rejects.toThrow()
  })

  it.each([
    ['a value that blocks', 'data: ann@example.com\n\n', { ...email, action: 'block' }],
    ['invalid UTF-8', new Uint8Array([100, 97, 0xff, 10, 10]), email],
    ['an event without end', `data: ${'x'.repeat(4_200_000)}`, email],
    ['nesting without end', `data: {"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}\n\n`, email],
  ])('%s ends it', async (_name, body, rule) => {
    expect(await sent(body, events, { pass: passOf(rule) })).toContain(fault)
  })

  it('is not begun where its type is not known, unless the rule says so', async () => {
    expect(await sent('x', { contentType: 'image/png' })).toBe('content-type-denied')
    expect(await sent('x', { contentType: 'text/plain', contentEncoding: 'identity' })).toBe('x')
    expect(await sent('x', { contentType: 'text/plain', contentEncoding: 'br' })).toBe('masking-failed')
    const lenient = passOf({ ...email, unknown: 'pass' })
    expect(await sent('x', { contentType: 'image/png' }, { pass: lenient })).toBe('unread')
  })
})

describe('a hostile text that streams', () => {
  it.each(['：。', '1. ', '"。', '\n', 'pwd: x1\n'])('%j, 64 KiB of it, ends in bounded time', async piece => {
    const content = piece.repeat(65_536 / piece.length)
    const body = `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
    const pass = passOf({ entities: [...entityTypes] })
    expect(await elapsedMs(() => sent(body, events, { pass }))).toBeLessThan(2_500)
  })
})
