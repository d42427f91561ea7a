import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOf } from '#core/egress/cost/cost.ts'
import { priceOf } from '#core/egress/cost/prices.ts'
import { UsageReader } from '#core/egress/cost/usage.ts'
import { utf8Bytes } from '#core/encoding.ts'

const openai = JSON.stringify({
  id: 'chatcmpl-1',
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ message: { content: 'say \\"usage\\": {"prompt_tokens": 9} and "usage"' } }],
  usage: {
    prompt_tokens: 1000,
    completion_tokens: 200,
    prompt_tokens_details: { cached_tokens: 10 },
    total_tokens: 1200,
  },
})
const anthropic = JSON.stringify({
  model: 'claude-haiku-4-5-20251001',
  usage: { input_tokens: 100, cache_creation_input_tokens: 1000, cache_read_input_tokens: 2000, output_tokens: 50 },
})
const openaiStream = [
  'data: {"model":"gpt-4o","choices":[{"delta":{"content":"a"}}],"usage":null}\n\n',
  'data: {"model":"gpt-4o","choices":[{"delta":{"content":"b"}}],"usage":null}\n\n',
  'data: {"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":30,"completion_tokens":2}}\n\ndata: [DONE]\n\n',
].join('')
const anthropicStream = [
  'event: message_start\ndata: {"type":"message_start","message":{"model":"claude-sonnet-4-5","usage":{"input_tokens":25,"output_tokens":1}}}\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}\n\n',
  'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":15}}\n\n',
].join('')

const budget = { usdPerDay: 1, prices: {} }
const answered = { status: 200, requestBytes: 300, answerBytes: 600 }

function read(text: string, pieceBytes = 100_000): UsageReader {
  const reader = new UsageReader()
  const bytes = utf8Bytes(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.piece(bytes.subarray(at, at + pieceBytes))
  return reader
}

describe('the usage of an answer', () => {
  it.each([
    ['OpenAI’s', openai, 'gpt-4o-mini-2024-07-18', { input: 1000, output: 200, cacheWrite: 0, cacheRead: 0 }],
    [
      'Anthropic’s',
      anthropic,
      'claude-haiku-4-5-20251001',
      { input: 100, output: 50, cacheWrite: 1000, cacheRead: 2000 },
    ],
    ['OpenAI’s stream', openaiStream, 'gpt-4o', { input: 30, output: 2, cacheWrite: 0, cacheRead: 0 }],
    [
      'Anthropic’s stream',
      anthropicStream,
      'claude-sonnet-4-5',
      { input: 25, output: 15, cacheWrite: 0, cacheRead: 0 },
    ],
  ])('in %s is read however the pieces cut it', (_, text, model, usage) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), pieceBytes => {
        const reader = read(text, pieceBytes)
        expect([reader.model, reader.usage]).toEqual([model, usage])
      }),
    )
  })

  it('is none where a text only speaks of it', () => {
    expect(read(JSON.stringify({ text: '"usage": {"input_tokens": 5}' })).usage).toBeUndefined()
  })

  it('is found behind any amount of other text, in bounded memory', () => {
    const far = `{"model":"text-embedding-3-small","data":[${'0.1,'.repeat(500_000)}1],"usage":{"prompt_tokens":8}}`
    expect(read(far, 65_536).usage?.input).toBe(8)
  })
})

describe('the cost of a request', () => {
  it('is tokens by the price of the model, the longest name first', () => {
    expect(costOf(budget, read(openai), answered, {})).toEqual({
      usd: (1000 * 0.15 + 200 * 0.6) / 1e6,
      isEstimated: false,
    })
    const tokens = (100 + 1000 * 1.25 + 2000 * 0.1) * 1 + 50 * 5
    expect(costOf(budget, read(anthropic), answered, {}).usd).toBeCloseTo(tokens / 1e6, 12)
  })

  it('follows the manifest where it names a price', () => {
    const own = { ...budget, prices: { 'gpt-4o-mini': { input: 1, output: 0 } } }
    expect(costOf(own, read(openai), answered, {}).usd).toBe(1000 / 1e6)
    expect(costOf({ ...budget, usdPerRequest: 0.02 }, read(openai), answered, {}).usd).toBe(0.02)
  })

  it('is guessed from bytes and events where the answer tells none, and nothing for a refusal', () => {
    const silent = read('data: {"model":"gpt-4o"}\n\ndata: {}\n\ndata: {}\n\n')
    expect(costOf(budget, silent, answered, {})).toEqual({ usd: (100 * 2.5 + 2 * 10) / 1e6, isEstimated: true })
    expect(costOf(budget, read('{"model":"gpt-4o"}'), answered, {})).toEqual({
      usd: (100 * 2.5 + 200 * 10) / 1e6,
      isEstimated: true,
    })
    expect(costOf(budget, read('{}'), { ...answered, status: 429 }, {})).toEqual({ usd: 0, isEstimated: false })
  })

  it('counts a refusal, a redirect, and nothing that was not sent', () => {
    expect(costOf(budget, read('{}'), { ...answered, status: 307 }, {}).usd).toBe(0)
    expect(costOf(budget, read(''), { requestBytes: 300, answerBytes: 0 }, {})).toMatchObject({ isEstimated: true })
  })

  it('of a model that nobody knows is that of the dearest, and says so', () => {
    expect(priceOf('gpt-99', {})).toEqual({ price: { input: 30, output: 180 }, isKnown: false })
    expect(priceOf(undefined, { big: { input: 100, output: 0 } }).price).toEqual({ input: 100, output: 180 })
    expect(costOf(budget, read('{"model":"gpt-99","usage":{"prompt_tokens":1}}'), answered, {})).toEqual({
      usd: 30 / 1e6,
      isEstimated: false,
      unpricedModel: 'gpt-99',
    })
  })

  it.each([
    ['gpt-4o-2024-08-06', 2.5],
    ['gpt-4o-2024-05-13', 5],
    ['gpt-4o-mini', 0.15],
    ['claude-haiku-4-5-20251001', 1],
    ['claude-opus-4-5', 5],
  ])('of %s is its list price', (model, input) => {
    expect(priceOf(model, {})).toMatchObject({ price: { input }, isKnown: true })
  })

  it.each(['gpt-4o-audio-preview', 'gpt-5.9', 'gpt-5-codex-max', 'claude-opus-4-9', 'toString', '__proto__'])(
    'of %s is not that of a listed model which its name begins like',
    model => {
      expect(priceOf(model, {}).isKnown).toBe(false)
    },
  )

  it('is the manifest’s before the operator’s, and the operator’s before the list’s', () => {
    const operators = { 'gpt-4o': { input: 7, output: 7 }, house: { input: 8, output: 8 } }
    expect(priceOf('gpt-4o-mini', {}, operators).price.input).toBe(7)
    expect(priceOf('house-7b', {}, operators)).toMatchObject({ price: { input: 8 }, isKnown: true })
    expect(priceOf('gpt-4o', { gpt: { input: 9, output: 9 } }, operators).price.input).toBe(9)
  })
})
