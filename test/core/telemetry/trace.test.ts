import { describe, expect, it } from 'vitest'
import { nextTrace } from '#core/telemetry/trace.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
const given = `00-${traceId}-${parentId}-01`

/** As the W3C's own suite has them, in our words. */
const malformed: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['two, joined by a comma', `${given},${given}`],
  ['version ff', `ff-${traceId}-${parentId}-01`],
  ['a version of one digit', `0-${traceId}-${parentId}-01`],
  ['a version of three digits', `000-${traceId}-${parentId}-01`],
  ['a version that is not hexadecimal', `.0-${traceId}-${parentId}-01`],
  ['more after version 00', `${given}-what-the-future-will-be-like`],
  ['more after version 00 without a hyphen', `${given}.what`],
  ['more after another version without a hyphen', `cc-${traceId}-${parentId}-01.what`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
  ['a trace id in capitals', `00-${traceId.toUpperCase()}-${parentId}-01`],
  ['a trace id that is too short', `00-${traceId.slice(1)}-${parentId}-01`],
  ['a trace id that is too long', `00-${traceId}0-${parentId}-01`],
  ['a trace id that is not hexadecimal', `00-.${traceId.slice(1)}-${parentId}-01`],
  ['a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['a parent id in capitals', `00-${traceId}-${parentId.toUpperCase()}-01`],
  ['a parent id that is too short', `00-${traceId}-${parentId.slice(1)}-01`],
  ['flags of one digit', `00-${traceId}-${parentId}-1`],
  ['flags of three digits', `00-${traceId}-${parentId}-001`],
  ['flags that are not hexadecimal', `00-${traceId}-${parentId}-.1`],
  ['no flags', `00-${traceId}-${parentId}`],
  ['underscores', given.replaceAll('-', '_')],
]

describe('a trace', () => {
  it('goes on with a new span under the id that was given', () => {
    const { traceparent } = nextTrace(given)
    expect(traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    expect(traceparent).not.toContain(parentId)
    expect(nextTrace(given).traceparent).not.toBe(traceparent)
  })

  it.each([null, undefined, ...malformed.map(([, text]) => text)])('begins anew where what was given is %j', text => {
    const { traceparent, traceId: id, tracestate } = nextTrace(text, 'a=1')
    expect(traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/)
    expect([id === traceId, traceparent.includes(id), tracestate]).toEqual([false, true, undefined])
  })

  it.each([`cc-${traceId}-${parentId}-01`, `cc-${traceId}-${parentId}-01-what-the-future`, ` ${given}\t`])(
    'is read as far as version 00 goes: %j',
    text => {
      expect(nextTrace(text).traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    },
  )

  it.each([
    ['00', '00'],
    ['01', '01'],
    ['03', '01'],
    ['fe', '00'],
  ])('hands on of the flags %s only whether it is sampled', (flags, sent) => {
    expect(nextTrace(`00-${traceId}-${parentId}-${flags}`).traceparent.slice(-2)).toBe(sent)
  })
})

describe('the state of a trace', () => {
  it.each([
    ['foo=1', 'foo=1'],
    ['foo=1,bar=2', 'foo=1,bar=2'],
    ['foo=1, bar=2,\tbaz=3 ', 'foo=1,bar=2,baz=3'],
    ['foo=1,,bar=2', 'foo=1,bar=2'],
    ['fw529a3039@dt=FfFfFfFf,0@a=x', 'fw529a3039@dt=FfFfFfFf,0@a=x'],
    ['a-_*/=!"#$%&', 'a-_*/=!"#$%&'],
    [
      Array.from({ length: 32 }, (_, n) => `k${n}=1`).join(','),
      Array.from({ length: 32 }, (_, n) => `k${n}=1`).join(','),
    ],
  ])('goes on where it is well-formed: %s', (state, sent) => {
    expect(nextTrace(given, state).tracestate).toBe(sent)
  })

  it.each([
    'foo',
    'foo=',
    '=1',
    'foo=1=2',
    'foo=1;bar=2',
    'foo =1',
    'FOO=1',
    'foo.bar=1',
    'foo@=1,bar=2',
    '@foo=1',
    'foo@@bar=1',
    'foo@bar@baz=1',
    'foo=1,foo=1',
    'foo=1,foo=2',
    `${'z'.repeat(257)}=1`,
    `t@${'v'.repeat(15)}=1`,
    `foo=${'x'.repeat(257)}`,
    Array.from({ length: 33 }, (_, n) => `k${n}=1`).join(','),
  ])('is let go of where it is malformed, and the trace goes on: %s', state => {
    const { tracestate, traceparent } = nextTrace(given, state)
    expect([tracestate, traceparent.slice(3, 35)]).toEqual([undefined, traceId])
  })
})
