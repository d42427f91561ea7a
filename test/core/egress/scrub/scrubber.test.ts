import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Scrubber } from '#core/egress/scrub/scrubber.ts'
import { encode, utf8Bytes } from '#core/encoding.ts'

const secret = 'sk_live/51+Nq"Zé~x%2A'
const bytes = utf8Bytes(secret)

const base64url = (text: string) => encode(utf8Bytes(text), 'base64').replaceAll('+', '-').replaceAll('/', '_')
const everyByte = (text: string) => encode(utf8Bytes(text), 'hex').replaceAll(/../g, '%$&')

/** How an outside may spell what it was sent. */
const echoes: Readonly<Record<string, string>> = {
  'as it is': secret,
  'in JSON': JSON.stringify(secret).slice(1, -1),
  'in JSON with escaped slashes': JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
  'in hex': encode(bytes, 'hex'),
  'in hex of upper case': encode(bytes, 'hex').toUpperCase(),
  'percent-encoded': encodeURIComponent(secret),
  'percent-encoded as a form does': new URLSearchParams({ x: secret }).toString().slice(2),
  'percent-encoded in lower case': encodeURIComponent(secret).replaceAll(/%../g, found => found.toLowerCase()),
  'percent-encoded in every byte': everyByte(secret),
}

describe('a secret that comes back', () => {
  it.each(Object.entries(echoes))('%s is blotted out and counted', (_, echo) => {
    const { text, count } = scrubbed([`{"you sent":"${echo}"}`])
    expect(text).toBe(`{"you sent":"${'*'.repeat(utf8Bytes(echo).length)}"}`)
    expect(count).toBe(1)
    expect(new Scrubber([secret]).text(`Bearer ${echo}`)).not.toContain(echo)
  })

  it.each([0, 1, 2])('in base64 %i bytes into a group leaves no more than its ends', offset => {
    for (const spell of [base64url, (text: string) => encode(utf8Bytes(text), 'base64')]) {
      const { text } = scrubbed([`>${spell(`${'u'.repeat(offset)}${secret}tail`)}<`])
      const left = text.slice(1, -1).replaceAll('-', '+').replaceAll('_', '/').replaceAll('*', 'A')
      const decoded = atob(left)
      expect(decoded).not.toContain(secret.slice(1, 6))
      expect(text).toContain('*'.repeat(Math.floor((bytes.length * 4) / 3) - 2))
    }
  })

  it('is blotted out however the chunks cut through it', () => {
    const echo = fc.constantFrom(...Object.values(echoes), encode(utf8Bytes(`user:${secret}`), 'base64'))
    const noise = fc.string({ unit: fc.constantFrom('s', 'k', '_', '%', '2', 'c', '5', 'é', '"', '\\'), maxLength: 12 })
    fc.assert(
      fc.property(
        echo,
        noise,
        noise,
        fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 6 }),
        (echo, before, after, cuts) => {
          const whole = utf8Bytes(before + echo + after)
          const once = scrubbed([whole])
          const often = scrubbed(pieces(whole, cuts))
          expect(often.text).not.toContain(echo)
          expect(often.text).toBe(once.text)
          expect(often.length).toBe(whole.length)
        },
      ),
      { numRuns: 300 },
    )
  })
})

it('leaves everything else as it is, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), pieces => {
      expect(through(new Scrubber([secret]), pieces)).toEqual(pieces.flatMap(piece => [...piece]))
    }),
    { numRuns: 200 },
  )
})

it('hands an event on when it has come, not when the next one comes', () => {
  const scrubber = new Scrubber([secret])
  for (const event of ['data: one\n\n', 'data: two\n\n'])
    expect(new TextDecoder().decode(scrubber.piece(utf8Bytes(event)))).toBe(event)
})

it('does not look for what is too short to mean anything', () => {
  expect(new Scrubber(['', 'a', 'abc']).text('a b c abc')).toBe('a b c abc')
})

function scrubbed(pieces: readonly (string | Uint8Array)[]) {
  const scrubber = new Scrubber([secret])
  const result = through(
    scrubber,
    pieces.map(piece => (typeof piece === 'string' ? utf8Bytes(piece) : piece)),
  )
  return { text: new TextDecoder().decode(new Uint8Array(result)), length: result.length, count: scrubber.count }
}

function through(scrubber: Scrubber, pieces: readonly Uint8Array[]): number[] {
  return [...pieces.flatMap(piece => [...scrubber.piece(piece)]), ...scrubber.rest()]
}

function pieces(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.filter(cut => cut < whole.length).sort((a, b) => a - b), whole.length]
  return places.slice(1).flatMap((to, at) => ((places[at] ?? 0) < to ? [whole.slice(places[at], to)] : []))
}
