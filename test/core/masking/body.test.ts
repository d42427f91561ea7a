import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { maskHeaders, maskQuery } from '#core/masking/address.ts'
import { maskBody } from '#core/masking/body.ts'
import { masked, passOf } from '../../support/masking.ts'

const email = { entities: ['EMAIL'] }
const form = { contentType: 'application/x-www-form-urlencoded' }
const parts = { contentType: 'multipart/form-data; boundary="b-1"' }

describe('a form', () => {
  it('has its values masked, and keeps the spelling of what is not touched', () => {
    const body = 'a=%7e+x&mail=Ann+%3Cann%40example.com%3E&ann@example.com=1&&flag&b=%zz'
    expect(masked(body, email, form).text).toBe('a=%7e+x&mail=Ann+%3C%5BEMAIL%5D%3E&ann@example.com=1&&flag&b=%zz')
  })

  it('may hold JSON in a value', () => {
    const { text } = masked(`payload=${encodeURIComponent('{"user":"ann@example.com"}')}`, email, form)
    expect(JSON.parse(new URLSearchParams(text).get('payload') ?? '')).toEqual({ user: '[EMAIL]' })
  })

  it('has its fields by name', () => {
    expect(masked('tax=T-1&x=T-1', { fields: { '/tax': 'drop' } }, form).text).toBe('tax=&x=T-1')
  })

  it('reads back as it went in, but for what was found', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))), pairs => {
        const body = new URLSearchParams([...pairs, ['to', 'ann@example.com']])
        const { text } = masked(body.toString(), email, form)
        expect([...new URLSearchParams(text)]).toEqual([...pairs, ['to', '[EMAIL]']])
      }),
    )
  })
})

describe('a multipart body', () => {
  const part = (head: string, content: string) => `--b-1\r\n${head}\r\n\r\n${content}\r\n`
  const named = (name: string, content: string) => part(`Content-Disposition: form-data; name="${name}"`, content)

  it('has its parts of text and JSON masked, and keeps all other bytes', () => {
    const json = part(
      'Content-Disposition: form-data; name=x\r\nContent-Type: application/json',
      '{"to":"ann@example.com"}',
    )
    const body = `${named('note', 'grüße an ann@example.com')}${json}--b-1--\r\n`
    expect(masked(body, email, parts).text).toBe(body.replaceAll('ann@example.com', '[EMAIL]'))
  })

  it('with a file is refused, or lets the file alone through where the rule says so', () => {
    const file = part(
      'Content-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png',
      '\x89PNG',
    )
    const body = `${named('note', 'ann@example.com')}${file}--b-1--`
    expect(masked(body, email, parts).code).toMatch(/^content-type-denied/)
    expect(masked(body, { ...email, unknown: 'pass' }, parts).text).toBe(body.replace('ann@example.com', '[EMAIL]'))
  })

  it.each([
    ['without its end', named('note', 'ann@example.com')],
    ['without its boundary', 'ann@example.com'],
    ['with a part that has no end of its head', '--b-1\r\nx\r\n--b-1--'],
    ['of many parts', `${named('x', 'y').repeat(2_000)}--b-1--`],
  ])('%s is refused', (_name, body) => {
    expect(masked(body, email, parts)).toMatchObject({ kind: 'refused', code: expect.stringContaining('malformed') })
  })
})

describe('lines and text', () => {
  it('each line of NDJSON is a document of its own', () => {
    const body = '{"to":"ann@example.com"}\n\n"bob@example.com"\r\nnot JSON: eve@example.com\n'
    expect(masked(body, email, { contentType: 'application/x-ndjson' }).text).toBe(
      '{"to":"[EMAIL]"}\n\n"[EMAIL]"\r\nnot JSON: [EMAIL]\n',
    )
  })

  it('events that have come whole are masked as events', () => {
    const body = 'event: x\ndata: {"to":"ann@example.com"}\n\n'
    expect(masked(body, email, { contentType: 'text/event-stream' }).text).toBe(
      body.replace('ann@example.com', '[EMAIL]'),
    )
  })

  it.each(['text/plain', 'text/csv; charset=utf-8', 'application/xml', 'image/svg+xml'])('%s is read', contentType => {
    expect(masked('to ann@example.com', email, { contentType }).text).toBe('to [EMAIL]')
  })
})

describe('a body that cannot be read', () => {
  const cases = [
    ['no type', { contentType: null }, 'content-type-denied'],
    ['an unknown type', { contentType: 'application/pdf' }, 'content-type-denied'],
    ['a charset other than UTF-8', { contentType: 'text/plain; charset=iso-8859-1' }, 'content-type-denied'],
    ['multipart without boundary', { contentType: 'multipart/form-data' }, 'content-type-denied'],
    ['a compressed body', { contentEncoding: 'gzip' }, 'masking-failed'],
    ['a body over the limit', { maxBytes: 10 }, 'masking-failed'],
  ] as const
  const body = '{"to":"ann@example.com"}'

  it.each(cases)('%s is refused with its own fault', (_name, kind, code) => {
    expect(masked(body, email, kind).code).toMatch(new RegExp(`^${code}: `))
  })

  it.each(cases)('%s passes as it is where the rule says so', (_name, kind) => {
    expect(masked(body, { ...email, unknown: 'pass' }, kind)).toMatchObject({ kind: 'unread', text: body })
  })

  it('is not an empty one', () => expect(masked('', email, { contentType: null }).kind).toBe('clean'))
})

describe('what must not leave', () => {
  it('a value under `block` lets nothing through', () => {
    const { kind, code, pass } = masked('{"to":"ann@example.com"}', { ...email, action: 'block' })
    expect({ kind, code }).toEqual({ kind: 'refused', code: 'masking-failed: a value of type EMAIL blocks the body' })
    expect(pass.lineage).toMatchObject([{ type: 'EMAIL', pointer: '/to', action: 'block', count: 1 }])
  })

  it('a value that masking left behind is seen before it leaves', () => {
    const pass = passOf(email)
    pass.textEdits = text => {
      const at = text.indexOf('ann@')
      return at < 0 ? [] : [{ start: at, end: at + 15, text: '[EMAIL]', type: 'EMAIL', action: 'redact' }]
    }
    const body = utf8Bytes('["ann@example.com","bob@example.com"]')
    expect(maskBody(body, { contentType: 'application/json' }, pass)).toEqual({
      kind: 'refused',
      code: 'masking-failed',
      detail: 'EMAIL stood in what came out',
    })
  })

  it('a value that only dropping has made is seen too', () => {
    const joined = JSON.stringify(['ann@example.com, +1 (415)ann@example.com-555 2671'])
    const { code } = masked(joined, { entities: ['EMAIL', 'PHONE'], action: 'drop' })
    expect(code).toBe('masking-failed: PHONE stood in what came out')
  })

  it('a value that was left beside one that was not is seen', () => {
    const pass = passOf(email)
    const textEdits = pass.textEdits.bind(pass)
    pass.textEdits = (text, ...more) => textEdits(text, ...more).slice(1)
    const body = utf8Bytes('["ann@example.com or bob@example.com"]')
    expect(maskBody(body, { contentType: 'application/json' }, pass)).toMatchObject({ code: 'masking-failed' })
  })

  it('look-alikes and tokens that masking wrote are no residue', () => {
    const document = '{"to":"ann.smith@example.com, bob@example.com"}'
    for (const action of ['format', 'tokenize', 'hash', 'mask']) {
      expect(masked(document, { ...email, action }).kind).toBe('masked')
    }
  })
})

describe('a text beside a value', () => {
  /** With the address it is too far from `phone`, or near enough to `order`, to be a number to call. */
  const far = `phone of ann@${'example.'.repeat(8)}com is 5321130088`
  const near = 'order a@b.co 0532 0130 00'
  const rule = { entities: ['EMAIL', 'PHONE'] }

  it.each([
    ['text/plain', far, `phone of [EMAIL] is 5321130088`],
    ['text/plain', near, 'order [EMAIL] 0532 0130 00'],
    ['application/json', JSON.stringify({ note: JSON.stringify({ far }) }), undefined],
    ['application/x-www-form-urlencoded', new URLSearchParams({ far, near }).toString(), undefined],
    ['application/x-ndjson', `${JSON.stringify({ far })}\n${near}\n`, undefined],
    ['text/event-stream', `data: ${near}\n\ndata: ${far}\n\n`, undefined],
    [parts.contentType, `--b-1\r\nContent-Disposition: form-data; name="a"\r\n\r\n${far}\r\n--b-1--\r\n`, undefined],
  ])('in %s counts as it came, and not with what masking wrote', (contentType, body, out) => {
    const { kind, text } = masked(body, rule, { contentType })
    expect(kind).toBe('masked')
    expect(text).not.toMatch(/a@b|@example|%40/)
    if (out) expect(text).toBe(out)
  })

  it('in a query and in a header too', () => {
    expect(maskQuery(`?q=${encodeURIComponent(near)}`, passOf(rule))).toBe('?q=order+%5BEMAIL%5D+0532+0130+00')
    expect(maskHeaders(new Headers({ note: far }), ['note'], passOf(rule)).get('note')).toMatch(/5321130088$/)
  })
})

describe('types with checksums and context', () => {
  const rule = { entities: ['CREDIT_CARD', 'DATE_OF_BIRTH', 'IBAN', 'API_SECRET', 'PHONE'] }

  it('are found in numbers however they are spelled, and stay JSON', () => {
    const body = '{"a":4111111111111111,"b":[4111111111111111.0,4.111111111111111e15],"c":4111111111111112,"n":1.50}'
    expect(masked(body, rule).text).toBe(
      '{"a":"[CREDIT_CARD]","b":["[CREDIT_CARD]","[CREDIT_CARD]"],"c":4111111111111112,"n":1.50}',
    )
    expect(masked('[4111111111111111]', { ...rule, action: 'mask' }).text).toBe('["************1111"]')
    expect(masked('[4111111111111111]', { ...rule, action: 'drop' }).text).toBe('[null]')
    expect(masked('[4111111111111111]', { ...rule, action: 'format' }).text).toMatch(/^\[(\d{16}|"\d{16}")\]$/)
  })

  it('are found by the name of the field they stand in', () => {
    expect(masked('{"birthDate":"1980-03-12","shipped":"1980-03-12"}', rule).text).toBe(
      '{"birthDate":"[DATE_OF_BIRTH]","shipped":"1980-03-12"}',
    )
    expect(masked('dob=12%2F03%2F1980&d=12%2F03%2F1980', rule, form).text).toBe(
      'dob=%5BDATE_OF_BIRTH%5D&d=12%2F03%2F1980',
    )
  })

  it.each(['redact', 'mask', 'hash', 'tokenize', 'format', 'drop'])('%s leaves no residue of any of them', action => {
    const body = {
      card: '4111 1111 1111 1111',
      text: 'Pay DE89 3704 0044 0532 0130 00 or call +1 415 555 2671, 4111111111111111; key ghp_1234567890abcdefghijklmnopqrstuvwxyz12',
      birthDate: '1980-03-12',
    }
    const { kind, text } = masked(JSON.stringify(body), { ...rule, action })
    expect(kind).toBe('masked')
    expect(text).not.toMatch(/4111 ?1111 ?1111|0532|415 555|1980/)
  })
})

describe('an operator’s own words', () => {
  const rule = {
    patterns: [{ name: 'order', pattern: 'ORD-[0-9]{4}' }],
    dictionaries: [{ name: 'projects', words: ['Blue Falcon'] }],
  }

  it('are found like built-in types', () => {
    expect(masked('{"a":"ORD-1234 of Blue Falcon"}', rule).text).toBe('{"a":"[CUSTOM] of [CUSTOM]"}')
  })

  it('refuse a text that is longer than they may read', () => {
    const { kind, code } = masked(JSON.stringify({ a: 'x '.repeat(4_000_000) }), rule)
    expect({ kind, code }).toEqual({ kind: 'refused', code: expect.stringMatching(/^masking-failed: .*longer than/) })
  })
})

describe('query and headers', () => {
  it('a query is masked like a form', () => {
    expect(maskQuery('?q=%61&to=ann%40example.com', passOf(email))).toBe('?q=%61&to=%5BEMAIL%5D')
    expect(maskQuery('?q=%61', passOf(email))).toBe('?q=%61')
    expect(() => maskQuery('?to=ann%40example.com', passOf({ ...email, action: 'block' }))).toThrow('masking-failed')
  })

  it('the headers that are named are masked, the others stay', () => {
    const headers = new Headers({ 'x-user': 'ann@example.com', from: 'ann@example.com' })
    const out = maskHeaders(headers, ['X-User', 'x-none'], passOf(email))
    expect([...out]).toEqual([
      ['from', 'ann@example.com'],
      ['x-user', '[EMAIL]'],
    ])
    expect(headers.get('x-user')).toBe('ann@example.com')
  })
})
