import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { maxKeptBytes } from '#core/idempotency/claim.ts'
import { keeping } from '#core/idempotency/kept-answer.ts'
import { claimId, fingerprint, idempotencyKey } from '#core/idempotency/key.ts'

describe('a key', () => {
  it.each([
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['  "order 7"  ', 'order 7'],
    [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
  ])('%s means %s', (header, key) => expect(idempotencyKey(header)).toBe(key))

  it.each([
    '',
    '""',
    '"open',
    'a b',
    'one, two',
    '"one", "two"',
    '"one";p=1',
    String.raw`"a\n"`,
    'käse',
    'a'.repeat(256),
  ])('%j is none', header => expect(idempotencyKey(header)).toBeUndefined())

  it('is one of its app, caller and route, and of no other', async () => {
    const owner = { app: 'shop', caller: 'a', route: '/b' }
    const ids = await Promise.all([
      claimId(owner, 'k'),
      claimId({ ...owner, app: 'shop2' }, 'k'),
      claimId({ ...owner, caller: 'a"' }, 'k'),
      claimId({ ...owner, route: '/bk' }, ''),
      claimId(owner, 'K'),
    ])
    expect(new Set(ids).size).toBe(5)
  })
})

it('a fingerprint tells method, path, query and body apart', async () => {
  const prints = await Promise.all([
    fingerprint('POST', '/a?x=1', utf8Bytes('1')),
    fingerprint('PUT', '/a?x=1', utf8Bytes('1')),
    fingerprint('POST', '/a?x=2', utf8Bytes('1')),
    fingerprint('POST', '/a?x=1', utf8Bytes('2')),
    fingerprint('POST', '/a?x=1\n1', utf8Bytes('')),
  ])
  expect(new Set(prints).size).toBe(5)
})

describe('an answer', () => {
  const streamed = (sizes: readonly number[]) => {
    const chunks = sizes.map((size, index) => new Uint8Array(size).fill(index + 1))
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift()
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
    })
  }

  it('is kept with its status, headers and bytes, and goes on as it was', async () => {
    const given = new Response(streamed([3, 2]), { status: 201, headers: { 'x-own': '1' } })
    given.headers.append('set-cookie', 'a=1')
    given.headers.append('set-cookie', 'b=2')
    const { ending, answer } = await keeping(given)
    const headers = [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-own', '1'],
    ]
    expect(ending).toMatchObject({ kind: 'answered', answer: { status: 201, body: new Uint8Array([1, 1, 1, 2, 2]) } })
    expect(ending.kind === 'answered' && [...ending.answer.headers].sort()).toEqual(headers)
    expect(answer.status).toBe(201)
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array([1, 1, 1, 2, 2]))
  })

  it('is kept up to its bound, and past it only goes on, whole', async () => {
    expect((await keeping(new Response(streamed([maxKeptBytes])))).ending.kind).toBe('answered')
    const { ending, answer } = await keeping(new Response(streamed([maxKeptBytes, 1, 5])))
    expect(ending.kind).toBe('unkept')
    expect((await answer.arrayBuffer()).byteLength).toBe(maxKeptBytes + 6)
  })

  it('that is a stream of events is not waited for', async () => {
    const endless = new ReadableStream({ pull: () => new Promise(() => {}) })
    const given = new Response(endless, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
    expect((await keeping(given)).ending.kind).toBe('unkept')
  })
})
