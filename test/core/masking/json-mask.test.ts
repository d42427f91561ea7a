import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { masked } from '../../support/masking.ts'

const email = { entities: ['EMAIL'] }

describe('masking JSON', () => {
  it('replaces values, never names, and leaves all else as it was spelled', () => {
    const body =
      '\ufeff{ "ann@example.com" : "to ann@example.com \\u0041\\/",\n "n":1.50e+3, "n":[0.10,-0, true,null] }'
    const { text, kind } = masked(body, email)
    expect(kind).toBe('masked')
    expect(text).toBe(body.replace('to ann@example.com', 'to [EMAIL]'))
  })

  it('returns the very bytes that came where nothing was found', () => {
    const { kind, text } = masked('{"a" : "b\\u0041"}', email)
    expect({ kind, text }).toEqual({ kind: 'clean', text: '{"a" : "b\\u0041"}' })
  })

  it('sees through escapes, and keeps those around the value', () => {
    expect(masked('{"a":"x\\tann\\u0040example.com\\n\\ud83d\\ude00"}', email).text).toBe(
      '{"a":"x\\t[EMAIL]\\n\\ud83d\\ude00"}',
    )
  })

  it('reads JSON within strings, at any depth it allows', () => {
    const inner = JSON.stringify({ to: 'ann@example.com', note: 'q"\\' })
    const body = JSON.stringify({ calls: [{ arguments: JSON.stringify({ deep: inner }) }] })
    const { text, pass } = masked(body, email)
    const outer = JSON.parse(text)
    expect(JSON.parse(JSON.parse(outer.calls[0].arguments).deep)).toEqual({ to: '[EMAIL]', note: 'q"\\' })
    expect(pass.lineage).toEqual([
      { type: 'EMAIL', pointer: '/calls/*/arguments/deep/to', action: 'redact', rule: 'masking.request', count: 1 },
    ])
  })

  it('refuses JSON in strings in strings without end, instead of letting it pass', () => {
    let text = JSON.stringify({ to: 'ann@example.com' })
    for (let depth = 0; depth < 10; depth++) text = JSON.stringify({ text })
    expect(masked(text, email)).toMatchObject({ kind: 'refused', code: expect.stringContaining('too-deep') })
  })

  it('visits every one of several members with the same name', () => {
    expect(masked('{"a":"ann@example.com","a":"bob@example.com"}', email).text).toBe('{"a":"[EMAIL]","a":"[EMAIL]"}')
  })

  it('counts values by place, and shows no name that is a value itself', () => {
    const { pass } = masked('{"users":{"ann@example.com":{"mail":"ann@example.com"}},"l":["a@b.de","c@d.de"]}', email)
    expect(pass.lineage.map(({ pointer, count }) => [pointer, count])).toEqual([
      ['/users/*/mail', 1],
      ['/l/*', 2],
    ])
  })
})

describe('fields', () => {
  const masks = (fields: Record<string, string>, document: unknown) =>
    JSON.parse(masked(JSON.stringify(document), { fields }).text)

  it('are replaced whatever they hold, and all below them', () => {
    const document = { customer: { taxId: 'T-1', age: 41, vip: true, gone: null }, other: 'T-1' }
    expect(masks({ '/customer': 'redact' }, document)).toEqual({
      customer: { taxId: '[FIELD]', age: '[FIELD]', vip: '[FIELD]', gone: null },
      other: 'T-1',
    })
    expect(masks({ '/customer/taxId': 'drop', '/customer/age': 'drop' }, document).customer).toEqual({
      taxId: '',
      age: null,
      vip: true,
      gone: null,
    })
  })

  it('are named with * for one segment and ** for any number', () => {
    const document = { a: [{ id: 'x1' }, { id: 'x2', sub: { id: 'x3' } }], id: 'x0' }
    expect(masks({ '/a/*/id': 'redact' }, document)).toEqual({
      a: [{ id: '[FIELD]' }, { id: '[FIELD]', sub: { id: 'x3' } }],
      id: 'x0',
    })
    expect(JSON.stringify(masks({ '/**/id': 'redact' }, document))).not.toMatch(/x\d/)
    expect(masks({ '/a/1/**': 'redact' }, document).a[0]).toEqual({ id: 'x1' })
  })

  it('are found in JSON within strings, and by names with escapes', () => {
    const document = { args: JSON.stringify({ 'tax/id': 'T-1' }) }
    expect(JSON.parse(masks({ '/args/tax~1id': 'redact' }, document).args)).toEqual({ 'tax/id': '[FIELD]' })
    expect(masked('{"tax\\u0049d":"T-1"}', { fields: { '/taxId': 'redact' } }).text).toBe('{"tax\\u0049d":"[FIELD]"}')
  })
})

describe('properties of masking JSON', () => {
  const mail = fc.stringMatching(/^[a-z]{3,8}@[a-z]{4,8}\.(com|org)$/)
  const leaf = fc.oneof(mail, fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null))
  const document = fc.letrec(tie => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      tie('node').map(inner => JSON.stringify(inner)),
    ),
  })).node

  it('JSON in, JSON out; of the same shape; and no value of the type is left', () => {
    fc.assert(
      fc.property(document, fc.constantFrom('redact', 'mask', 'hash', 'tokenize', 'drop'), (value, action) => {
        const { text, kind } = masked(JSON.stringify(value), { entities: ['EMAIL'], action })
        if (kind === 'refused') return
        const shape = (node: unknown): unknown =>
          Array.isArray(node)
            ? node.map(shape)
            : typeof node === 'object' && node !== null
              ? Object.entries(node).map(([name, inner]) => [name, shape(inner)])
              : typeof node
        expect(shape(JSON.parse(text))).toEqual(shape(JSON.parse(JSON.stringify(value))))
        expect(masked(text, email).kind).toBe('clean')
      }),
    )
  })

  it('what is no JSON is refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json().map(text => text.slice(0, -1)),
        ),
        text => {
          const accepted = masked(text, email).kind !== 'refused'
          if (text !== '' && !accepted) expect(() => JSON.parse(text.replace(/^\ufeff/, ''))).toThrow()
        },
      ),
    )
  })
})

describe('hostile bodies', () => {
  it.each([
    ['deep nesting', '['.repeat(1_000_000)],
    ['deep but whole', '['.repeat(600) + ']'.repeat(600)],
    ['quotes and backslashes', `"${'\\"'.repeat(500_000)}`],
    ['an open string', `{"a":"${'x'.repeat(1_000_000)}`],
    ['a bad escape', '{"a":"\\x41bcdefgh"}'],
    ['a number that is none', '{"a":01234567}'],
    ['two documents', '{} {}'],
  ])('%s is refused', (_name, body) => {
    expect(masked(body, email)).toMatchObject({ kind: 'refused', code: expect.stringMatching(/^masking-failed/) })
  })

  it('invalid UTF-8 is refused', () => {
    expect(masked(new Uint8Array([34, 0xff, 0xfe, 34]), email).code).toBe(
      'masking-failed: the body cannot be read: not-utf-8',
    )
  })

  it('lone surrogates, escaped, stay as they are spelled', () => {
    expect(masked('["\\ud800 ann@example.com \\udfff"]', email).text).toBe('["\\ud800 [EMAIL] \\udfff"]')
  })

  it('millions of escapes cost linear time', () => {
    const body = `["${'\\n'.repeat(1_000_000)} ann@example.com"]`
    expect(masked(body, email).text.endsWith(' [EMAIL]"]')).toBe(true)
  })
})

describe('what repeats a text token by token', () => {
  const logprobs = {
    content: [...'ann@example.com'].map(token => ({
      token,
      logprob: -0.1,
      bytes: [token.charCodeAt(0)],
      top_logprobs: [{ token: '}]"', logprob: 0 }],
    })),
  }
  const choice = { index: 0, message: { content: 'ann@example.com' }, logprobs, after: 'bob@example.com' }

  it('is null where a rule masks, in a whole body and in JSON within it, and nothing else is touched', () => {
    const rule = { entities: ['EMAIL'] }
    const legacy = { tokens: ['ann', '@'], top_logprobs: [{ '@example': -0.1 }] }
    const body = {
      choices: [choice, { text: 'x', logprobs: legacy }],
      kept: 'not "logprobs": {',
      nested: JSON.stringify(choice),
    }
    const clean = { ...choice, message: { content: '[EMAIL]' }, after: '[EMAIL]', logprobs: null }
    const { text, pass } = masked(JSON.stringify(body), rule)
    expect(JSON.parse(text)).toEqual({
      choices: [clean, { text: 'x', logprobs: null }],
      kept: 'not "logprobs": {',
      nested: JSON.stringify(clean),
    })
    expect(pass.lineage).toContainEqual(expect.objectContaining({ type: 'FIELD', action: 'drop', count: 3 }))
    const asked = '{"logprobs":true,"top_logprobs":5}'
    expect(masked(asked, rule)).toMatchObject({ kind: 'clean', text: asked })
  })

  it('stays JSON whatever stands beside it', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), fc.json(), (before, within, after) => {
        const document = `{"a":${before},"logprobs":[${within}],"b":${after}}`
        const { text } = masked(document, { entities: ['CRYPTO'] })
        expect(JSON.parse(text).logprobs).toBeNull()
      }),
      { numRuns: 100 },
    )
  })
})
