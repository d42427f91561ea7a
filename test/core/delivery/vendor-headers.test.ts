import { describe, expect, it } from 'vitest'
import { vendorHeaders } from '#core/delivery/vendor-headers.ts'
import { schemes } from '#core/webhook/schemes.ts'

const kept = (headers: HeadersInit, scheme: keyof typeof schemes = 'github') =>
  Object.fromEntries(vendorHeaders(new Headers(headers), schemes[scheme]))

describe('of the vendor’s headers the app sees', () => {
  it('those that tell what happened', () => {
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/1',
      'x-github-event': 'push',
      'x-github-delivery': 'd-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    }
    expect(kept(headers)).toEqual(headers)
  })

  it.each([
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'host',
    'authorization',
    'cookie',
    'content-length',
    'accept-encoding',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-real-ip',
    'cf-connecting-ip',
    'cf-ray',
    'gatehouse-token',
    'gatehouse-attempt',
    'gatehouse-anything',
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    // an app behind CGI or PHP reads these as the ones above
    'webhook_signature',
    'webhook_id',
    'gatehouse_attempt',
    'x_hub_signature_256',
  ])('not %s', name => {
    expect(kept({ [name]: 'x', 'x-kept': 'y' })).toEqual({ 'x-kept': 'y' })
  })

  it('not those that the connection names', () => {
    expect(kept({ connection: 'close, X-Hop , x-other', 'x-hop': '1', 'x-other': '2', 'x-kept': 'y' })).toEqual({
      'x-kept': 'y',
    })
  })

  it.each(Object.entries(schemes))('not the signature of %s', (name, scheme) => {
    const secret = [scheme.signature.header, ...('alsoSecret' in scheme ? scheme.alsoSecret : [])]
    const headers = Object.fromEntries(secret.map(header => [header.toUpperCase(), 'x']))
    expect(kept(headers, name as keyof typeof schemes)).toEqual({})
  })

  it('not GitHub’s older signature, which is made with the same secret', () => {
    expect(kept({ 'x-hub-signature': 'sha1=00' })).toEqual({})
  })
})
