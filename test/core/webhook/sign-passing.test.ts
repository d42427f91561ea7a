import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '#core/secrets/secret.ts'
import { pieceBytes } from '#core/webhook/pieces.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { signAs } from '#core/webhook/sign.ts'
import { signPassing } from '#core/webhook/sign-passing.ts'
import { workerdDigests as digests } from '#platform/digests.ts'
import { noise } from '../../support/bytes.ts'

const scheme = schemes['standard-webhooks']
const input = { id: 'any~shop~0~01JGFJJZ00ABCDEFGHJKMNPQRS', timestampSeconds: 1_767_225_600 }
const keys = ['the first key of the app', 'its second, older one 24', 'k'.repeat(100)].map(
  (text, index) => new Secret(`key-${index}`, `whsec_${btoa(text)}`),
)
const never = new AbortController().signal

/** A byte stream that delivers the chunks given, and then ends, stalls or breaks off. */
function streamOf(chunks: readonly Uint8Array[], end: 'ends' | 'stalls' | 'breaks' = 'ends', onCancel = () => {}) {
  const left = [...chunks]
  return new ReadableStream<Uint8Array>({
    type: 'bytes',
    pull(controller: ReadableByteStreamController) {
      const chunk = left.shift()
      if (chunk) return controller.enqueue(new Uint8Array(chunk))
      if (end === 'stalls') return new Promise<void>(() => {})
      if (end === 'breaks') throw new Error('the store went away')
      controller.close()
      controller.byobRequest?.respond(0)
    },
    cancel: onCancel,
  } as unknown as UnderlyingSource<Uint8Array>)
}

const passing = (stream: ReadableStream<Uint8Array>, secrets = keys, signal = never) =>
  signPassing(scheme, stream, input, secrets, { digests, signal })

describe('a signature made while the body passes', () => {
  it('is the one made of the body in hand, for each key', async () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 500, size: 'max' })
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), fc.integer({ min: 1, max: 3 }), async (chunks, n) => {
        const whole = new Uint8Array(chunks.flatMap(one => [...one]))
        const secrets = keys.slice(0, n)
        expect(await passing(streamOf(chunks), secrets)).toEqual(await signAs(scheme, whole, input, secrets))
      }),
    )
  })

  it('is so for a body of many pieces, whose buffer is used again', async () => {
    const { readable, writable } = new IdentityTransformStream()
    const body = noise(3 * pieceBytes + 17)
    const writer = writable.getWriter()
    const written = writer.write(body).then(() => writer.close())
    expect(await passing(readable)).toEqual(await signAs(scheme, body, input, keys))
    await written
  })

  it('is none where the body breaks off, or a key is no key', async () => {
    await expect(passing(streamOf([noise(100)], 'breaks'))).rejects.toThrow('the store went away')
    for (const secrets of [[], [new Secret('broken', 'plain text!')], [...keys, new Secret('empty', '')]])
      await expect(passing(streamOf([noise(9)]), secrets)).rejects.toMatchObject({ code: 'secret-missing' })
  })

  it('is none, and not one of half the body, where reading takes too long', async () => {
    const patience = new AbortController()
    const cancelled = Promise.withResolvers<void>()
    const signing = passing(streamOf([noise(100)], 'stalls', cancelled.resolve), keys, patience.signal)
    setTimeout(() => patience.abort(new Error('too long')), 5)
    await expect(signing).rejects.toThrow('too long')
    await cancelled.promise
  })
})
