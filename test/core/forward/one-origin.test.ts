import { describe, expect, it } from 'vitest'
import { confine } from '#core/forward/one-origin.ts'

function confined(headers: Headers): Headers {
  confine(headers, 'shop', [...headers.keys()])
  return headers
}

describe('a cookie', () => {
  it.each([
    ['a=b', 'a=b; Path=/apps/shop/'],
    ['a=b; Path=/', 'a=b; Path=/apps/shop/'],
    ['a=b; path=/cart', 'a=b; Path=/apps/shop/cart'],
    ['a=b; Path=/apps/shop/cart', 'a=b; Path=/apps/shop/cart'],
    ['a=b; Path=/apps/shopping', 'a=b; Path=/apps/shop/apps/shopping'],
    ['a=b; Path=/apps/shop/; Path=/', 'a=b; Path=/apps/shop/'],
    ['a=b; Path=', 'a=b; Path=/apps/shop/'],
    ['a=b; Domain=example.com', 'a=b; Path=/apps/shop/'],
    ['a=b;DOMAIN = .example.com ;HttpOnly', 'a=b; HttpOnly; Path=/apps/shop/'],
    ['a="x=y"; Secure; SameSite=Lax; Max-Age=60', 'a="x=y"; Secure; SameSite=Lax; Max-Age=60; Path=/apps/shop/'],
    ['a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/apps/shop/'],
  ])('stays with its app: %s', (given, kept) => {
    expect(confined(new Headers({ 'set-cookie': given })).getSetCookie()).toEqual([kept])
  })

  it('is one of several, each on its own', () => {
    const headers = new Headers()
    headers.append('set-cookie', 'a=1; Domain=x.example')
    headers.append('set-cookie', 'b=2, still b')
    expect(confined(headers).getSetCookie()).toEqual(['a=1; Path=/apps/shop/', 'b=2, still b; Path=/apps/shop/'])
  })
})

describe('a page', () => {
  const policyOf = (type?: string) =>
    confined(new Headers(type === undefined ? {} : { 'content-type': type })).get('content-security-policy')

  it.each([
    'text/html',
    'Text/HTML; charset=utf-8',
    'text/html;x',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'application/xml',
    'application/rss+xml',
    '',
    'nonsense',
    '*/*',
    undefined,
    'text/plain, text/html',
    'text/html, text/html',
    'application/json;a="b",text/html',
    'text/html foo',
    'text/xsl',
    'unknown/unknown',
    'application/unknown',
    'multipart/x-mixed-replace; boundary=x',
  ])('is put into a sandbox: %s', type => {
    expect(policyOf(type)).toBe('sandbox allow-scripts allow-forms')
  })

  it.each([
    'application/json',
    'application/problem+json',
    'Text/Plain; charset=utf-8',
    'image/png',
    'text/event-stream',
    'application/pdf',
    'font/woff2',
  ])('is not one: %s', type => {
    expect(policyOf(type)).toBeNull()
  })

  it('keeps the policy of its own beside the sandbox', () => {
    const own = { 'content-type': 'text/html', 'content-security-policy': "default-src 'self'" }
    expect(confined(new Headers(own)).get('content-security-policy')).toBe(
      "default-src 'self', sandbox allow-scripts allow-forms",
    )
  })
})
