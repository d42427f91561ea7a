import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import { digestOf } from '#core/manifest/digest.ts'

it('digests the canonical form of RFC 8785 §3.2.4', async () => {
  const document = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`)
  const published =
    '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d'
  const bytes = Uint8Array.from(published.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
  expect(await digestOf(document)).toBe(`sha256:${await sha256Hex(bytes)}`)
})

it('orders keys by UTF-16 code units, as RFC 8785 §3.2.3 shows', async () => {
  const document = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  const canonical = '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}'
  expect(await digestOf(document)).toBe(`sha256:${await sha256Hex(utf8Bytes(canonical))}`)
})

it('is one for any two documents that are equal up to the order of their keys', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async value => {
      expect(await digestOf(shuffled(value))).toBe(await digestOf(value))
    }),
  )
})

it('differs for documents that differ', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (one, other) => {
      fc.pre(JSON.stringify(sorted(one)) !== JSON.stringify(sorted(other)))
      expect(await digestOf(one)).not.toBe(await digestOf(other))
    }),
  )
})

it('differs in the order of a list, which means something', async () => {
  expect(await digestOf({ secrets: ['a', 'b'] })).not.toBe(await digestOf({ secrets: ['b', 'a'] }))
})

type Rebuild = (entries: [string, unknown][]) => [string, unknown][]

const shuffled = (value: unknown): unknown => rebuilt(value, entries => entries.reverse())
const sorted = (value: unknown): unknown =>
  rebuilt(value, entries => entries.sort(([one], [other]) => (one < other ? -1 : 1)))

function rebuilt(value: unknown, order: Rebuild): unknown {
  if (Array.isArray(value)) return value.map(item => rebuilt(item, order))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(order(Object.entries(value).map(([key, item]) => [key, rebuilt(item, order)])))
}
