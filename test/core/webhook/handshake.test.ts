import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { handshakeReply } from '#core/webhook/handshake.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import { schemes } from '#core/webhook/schemes.ts'

const replyTo = (body: string, scheme: keyof typeof schemes = 'slack') =>
  handshakeReply(schemes[scheme], parsedOnce(utf8Bytes(body)))

describe('a handshake', () => {
  it('is answered with the challenge as it was sent', () => {
    expect(
      replyTo('{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}'),
    ).toBe('3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P')
    expect(replyTo('{"type":"url_verification","challenge":""}')).toBe('')
  })

  it.each([
    '{"type":"event_callback","challenge":"x"}',
    '{"type":"url_verification"}',
    '{"type":"url_verification","challenge":{"a":1}}',
    '[]',
    'null',
    'token=x&type=url_verification',
    '',
  ])('is not seen in %j', body => {
    expect(replyTo(body)).toBeUndefined()
  })

  it('is not seen in a scheme whose vendor makes none', () => {
    expect(replyTo('{"type":"url_verification","challenge":"x"}', 'github')).toBeUndefined()
  })

  it('does not parse the body for a vendor that makes none', () => {
    const body = () => {
      throw new Error('parsed')
    }
    expect(handshakeReply(schemes.stripe, body)).toBeUndefined()
  })
})

describe('a body as JSON', () => {
  it('is parsed at most once', () => {
    const body = parsedOnce(utf8Bytes('{"a":1}'))
    expect(body()).toEqual({ a: 1 })
    expect(body()).toBe(body())
  })

  it('is undefined when it is no JSON, or no UTF-8', () => {
    expect(parsedOnce(utf8Bytes('{'))()).toBeUndefined()
    expect(parsedOnce(new Uint8Array([0x22, 0xff, 0x22]))()).toBeUndefined()
    expect(parsedOnce(new Uint8Array())()).toBeUndefined()
  })
})
