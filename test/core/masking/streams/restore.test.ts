import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { Restorer } from '#core/masking/restorer.ts'
import { restoreAnswer } from '#core/masking/streams/answer.ts'
import { RestoreFlow } from '#core/masking/streams/restore-flow.ts'
import { cuts, pieces, through } from '../../../support/chunks.ts'
import { fixedKeys } from '../../../support/masking.ts'
import { modelStreams } from '../../../support/model-streams.ts'

const keys = fixedKeys('shop')
const originals = ['ann@example.com', 'pa"ss\\wörd\n', '4111 1111 1111 1111', '😀@example.com']
const tokens = originals.map(original => keys.seal('EMAIL', original) ?? '')
const restorer = () => new Restorer(tokens, keys)
const events = { contentType: 'text/event-stream' }

async function restored(text: string, kind = events, places: readonly number[] = []): Promise<string> {
  const stream = restoreAnswer({ ...kind }, restorer())
  return stream ? through(utf8Bytes(text), stream, places) : text
}

const said = `Hi ${tokens[0]}, 😀 GHT_EMAIL ${tokens[1]}${tokens[2]}! gh ${tokens[3]}s GHT_`
const meant = `Hi ${originals[0]}, 😀 GHT_EMAIL ${originals[1]}${originals[2]}! gh ${originals[3]}s GHT_`
const call = JSON.stringify({ to: tokens[0], password: tokens[1], note: `g ${tokens[3]}` })

describe.each(Object.entries(modelStreams))('restoring %s', (_name, { events: stream, read }) => {
  it('puts originals into text and tool calls, wherever tokens and chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, cuts, cuts, async (inText, inCall, inBytes) => {
        const out = read(await restored(stream(pieces(said, inText), pieces(call, inCall)), events, inBytes))
        expect(out.text).toBe(meant)
        expect(JSON.parse(out.call)).toEqual({ to: originals[0], password: originals[1], note: `g ${originals[3]}` })
      }),
      { numRuns: 40 },
    )
  })

  it('leaves the bytes of a stream without tokens as they are', async () => {
    const plain = stream(['Hello', ' world'], ['{"a":', '1}'])
    expect(await restored(plain)).toBe(plain)
  })
})

describe('restoring', () => {
  it('whole messages too: the texts at the end of a response', async () => {
    const out = await restored(modelStreams['OpenAI responses']?.events([said], [call]) ?? '')
    expect(out).not.toContain(tokens[0])
    expect(out).not.toContain(tokens[2])
  })

  it.each([
    [
      'application/json',
      JSON.stringify({ a: [said], b: call }),
      JSON.stringify({ a: [meant], b: undefined }).slice(0, 20),
    ],
    ['text/plain', said, meant],
    ['application/x-ndjson', `${JSON.stringify(said)}\n`, `${JSON.stringify(meant)}\n`],
  ])('%s', async (contentType, body, expected) => {
    expect(await restored(body, { contentType })).toContain(expected)
  })

  it('keeps arguments of a tool call JSON, whatever the original holds', async () => {
    const out = JSON.parse(await restored(JSON.stringify({ arguments: call }), { contentType: 'application/json' }))
    expect(JSON.parse(out.arguments).password).toBe(originals[1])
  })

  it('opens no token that did not stand in the request, and none of another app', async () => {
    const foreign = fixedKeys('other').seal('EMAIL', 'bob@example.com') ?? ''
    const unasked = keys.seal('EMAIL', 'eve@example.com') ?? ''
    const text = `${foreign} ${unasked}`
    expect(await restored(text, { contentType: 'text/plain' })).toBe(text)
    const claimed = restoreAnswer({ contentType: 'text/plain' }, new Restorer([foreign], keys))
    expect(claimed && (await through(utf8Bytes(foreign), claimed))).toBe(foreign)
  })

  it('leaves a damaged token as it is, and opens one in other case', async () => {
    const [token = ''] = tokens
    const damaged = token.replace(/.$/, last => (last === '0' ? '1' : '0'))
    const out = await restored(`${damaged} ${token.toLowerCase()}`, { contentType: 'text/plain' })
    expect(out).toBe(`${damaged} ${originals[0]}`)
  })

  it('is left out where there is nothing to restore or nothing that can be read', () => {
    expect(restoreAnswer({ contentType: 'text/plain' }, new Restorer([], keys))).toBeUndefined()
    expect(restoreAnswer({ contentType: 'image/png' }, restorer())).toBeUndefined()
  })

  it('holds back no more than a token that may have begun', () => {
    const flow = new RestoreFlow(restorer(), false)
    let sent = ''
    for (const [index, character] of [...said].entries()) {
      sent += flow.push(character)
      const pending = [...said].slice(0, index + 1).join('')
      expect(flow.held.length).toBeLessThan(restorer().longest)
      if (!/g(h(t(_\w*)?)?)?$/i.test(pending)) expect(flow.held).toBe('')
    }
    expect(sent + flow.end()).toBe(meant)
  })
})
