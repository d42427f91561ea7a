import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'
import { schema } from '#policies/schema.ts'
import { entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

const invoice = {
  type: 'object',
  required: ['id', 'amount'],
  properties: { id: { type: 'string', maxLength: 4 }, amount: { type: 'integer', minimum: 0 } },
}

function judged(declaredSchema: object | undefined, body: string, { scheme: name = 'github', isDropped = false } = {}) {
  const declared = {
    scheme: name,
    secrets: ['current'],
    path: '/hooks',
    ...(declaredSchema && { schema: declaredSchema }),
  }
  const source = entryOf({ webhooks: { github: declared } }).manifest.spec.webhooks.github
  const scheme = source && schemeOf(source)
  if (!source || !scheme) throw new Error('no source')
  const bytes = utf8Bytes(body)
  const verified = { bytes, signedBytes: bytes, secret: 'current', document: parsedOnce(bytes) }
  const change = {
    webhook: { name: 'github', source, scheme, hops: 0 },
    verified,
    ...(isDropped && { isDropped: true as const }),
  }
  return schema.before(exchangeOf(change), recordingPorts().ports)
}

describe('schema', () => {
  it('passes a payload of the shape, and every payload where the source gives none', () => {
    expect(judged(invoice, '{"id":"in_1","amount":3,"more":true}')).toEqual({ kind: 'pass', change: {} })
    expect(judged(undefined, 'no json')).toMatchObject({ kind: 'pass' })
  })

  it('denies another as schema-mismatch, with the places that failed and no value', () => {
    expect(judged(invoice, '{"id":"secret"}')).toMatchObject({
      kind: 'deny',
      fault: 'schema-mismatch',
      detail: '/amount (required), /id (maxLength)',
    })
  })

  it.each(['', 'no json', '{"id":"in_1","amount":3', 'id=in_1', '\ufeff'])('denies what is no JSON: %j', body => {
    expect(judged(invoice, body)).toMatchObject({
      kind: 'deny',
      fault: 'schema-mismatch',
      detail: 'the body is not JSON',
    })
  })

  it('denies a body over 1 MiB, which the library would be long at', () => {
    const body = (pad: number) => `{"id":"in_1","amount":3,"pad":"${'x'.repeat(pad)}"}`
    expect(judged(invoice, body(1_048_576 - 33))).toMatchObject({ kind: 'pass' })
    expect(judged(invoice, body(1_048_576))).toMatchObject({
      kind: 'deny',
      fault: 'schema-mismatch',
      detail: 'the body is larger than 1048576 bytes',
    })
  })

  it('names ten places at most', () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, 1])))
    const verdict = judged({ additionalProperties: false }, body)
    expect(verdict).toMatchObject({ kind: 'deny', detail: expect.stringMatching(/^\/m0 \(false\), .*\/m9 \(false\)$/) })
  })

  it('does not judge what the filter dropped: the vendor is not refused for an event that nobody wants', () => {
    expect(judged(invoice, '{"other":1}', { isDropped: true })).toMatchObject({ kind: 'pass' })
  })

  it('does not judge a handshake, which is no event', () => {
    const challenge = '{"type":"url_verification","challenge":"c"}'
    expect(judged(invoice, challenge, { scheme: 'slack' })).toMatchObject({ kind: 'pass' })
    expect(judged(invoice, '{"type":"event_callback"}', { scheme: 'slack' })).toMatchObject({ kind: 'deny' })
  })
})
