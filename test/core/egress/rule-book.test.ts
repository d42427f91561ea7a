import { describe, expect, it } from 'vitest'
import { closestRule, closestText } from '#core/egress/closest.ts'
import { bookOf, local, passing, targetOf } from '../../support/egress.ts'

describe('hosts', () => {
  it.each([
    ['https://a.example.com', 'https://a.example.com/x', true],
    ['https://a.example.com', 'https://A.EXAMPLE.com/x', true],
    ['https://a.example.com', 'https://b.a.example.com/', false],
    ['https://*.example.com', 'https://a.example.com/', true],
    ['https://*.example.com', 'https://example.com/', false],
    ['https://*.example.com', 'https://b.a.example.com/', false],
    ['https://**.example.com', 'https://a.example.com/', true],
    ['https://**.example.com', 'https://c.b.a.example.com/', true],
    ['https://**.example.com', 'https://example.com/', false],
    ['https://**.example.com', 'https://notexample.com/', false],
    ['https://**.*.example.com', 'https://a.example.com/', false],
    ['https://**.*.example.com', 'https://b.a.example.com/', true],
    ['https://ec2.*.amazonaws.com', 'https://ec2.eu-west-1.amazonaws.com/', true],
    ['https://ec2.*.amazonaws.com', 'https://s3.eu-west-1.amazonaws.com/', false],
    ['https://*.example.com', 'https://a.example.com.evil.com/', false],
  ])('%s and %s: %s', (rule, url, expected) => {
    expect(passing(bookOf(rule), url) !== undefined).toBe(expected)
  })
})

describe('ports', () => {
  it.each([
    ['https://a.example.com', 'https://a.example.com:443/', true],
    ['https://a.example.com:443', 'https://a.example.com/', true],
    ['https://a.example.com', 'https://a.example.com:8443/', false],
    ['https://a.example.com:8443', 'https://a.example.com:8443/', true],
    ['https://a.example.com:8443', 'https://a.example.com/', false],
  ])('%s and %s: %s', (rule, url, expected) => {
    expect(passing(bookOf(rule), url) !== undefined).toBe(expected)
  })

  it('of localhost pass on one machine, where a rule says so', () => {
    const book = bookOf('http://localhost:8788/v1/*')
    expect(passing(book, 'http://localhost:8788/v1/a', 'GET', local)).toBeDefined()
    expect(passing(book, 'http://localhost:8788/v1/a')).toBeUndefined()
    expect(passing(book, 'http://localhost:8789/v1/a', 'GET', local)).toBeUndefined()
    expect(passing(book, 'https://localhost:8788/v1/a', 'GET', local)).toBeUndefined()
    expect(passing(book, 'http://127.0.0.1:8788/v1/a', 'GET', local)).toBeUndefined()
  })
})

describe('methods', () => {
  it.each([
    ['https://a.example.com', 'DELETE', true],
    ['GET https://a.example.com', 'GET', true],
    ['GET https://a.example.com', 'HEAD', false],
    ['GET,POST https://a.example.com', 'POST', true],
    ['GET https://a.example.com', 'get', false],
  ])('%s and %s: %s', (rule, method, expected) => {
    expect(passing(bookOf(rule), 'https://a.example.com/', method) !== undefined).toBe(expected)
  })
})

describe('paths', () => {
  const rule = 'https://a.example.com/v1/*'
  it.each([
    [rule, '/v1/', true],
    [rule, '/v1/a/b', true],
    [rule, '/v1', false],
    [rule, '/V1/a', false],
    [rule, '/v1/a?next=/../../', true],
    [rule, '/x/../v1/a', true],
    [rule, '/v1/../v2/a', false],
    [rule, '/v1/%2e%2e/v2/a', false],
    [rule, '/%761/a', true],
    [rule, '/v1/%2fadmin', false],
    [rule, '/v1/%5Cadmin', false],
    [rule, '/v1/a%00', false],
    [rule, '/v1/a%0d%0a', false],
    [rule, '/v1/..;/admin', false],
    [rule, '/v1/%2e%2e;/admin', false],
    [rule, '/v1//admin', false],
    [rule, '//v1/a', false],
    [rule, '/v1/a/', true],
    ['https://a.example.com/', '/', true],
    ['https://a.example.com/', '/a', false],
    ['https://a.example.com', '/a//b/%2f', true],
    ['https://a.example.com/*/items/*/x', '/a/b/items/c/d/x', true],
    ['https://a.example.com/*/items/*/x', '/a/items/x', false],
    ['https://a.example.com/a*a', '/a', false],
    ['https://a.example.com/a*a', '/aa', true],
    ['https://a.example.com/%c3%a4', '/%C3%A4', true],
    ['https://a.example.com/%c3%a4', '/ä', true],
  ])('%s and %s: %s', (text, path, expected) => {
    expect(passing(bookOf(text), `https://a.example.com${path}`) !== undefined).toBe(expected)
  })
})

it('lets the most specific rule win, whatever the order', () => {
  const order = [
    'GET https://a.example.com/v1/things/one',
    'GET https://a.example.com/v1/things/*',
    'https://a.example.com/v1/things/*',
    'https://a.example.com/v1/*',
    'https://a.example.com/*',
    'https://a.example.com',
    'https://*.example.com/v1/things/one',
    'https://*.example.com',
    'https://**.example.com/v1/things/one',
    'https://**.example.com',
  ]
  for (let from = 0; from < order.length; from++) {
    const rest = order.slice(from)
    expect(passing(bookOf(...rest), 'https://a.example.com/v1/things/one')).toBe(rest[0])
    expect(passing(bookOf(...rest.toReversed()), 'https://a.example.com/v1/things/one')).toBe(rest[0])
  }
})

it('lets a less specific rule serve the methods that a more specific one leaves out', () => {
  const book = bookOf('GET https://a.example.com/v1/*', 'https://a.example.com')
  expect(passing(book, 'https://a.example.com/v1/x', 'POST')).toBe('https://a.example.com')
})

describe('the closest rule', () => {
  const book = bookOf(
    'GET https://api.stripe.com/v1/charges/*',
    'POST https://hooks.slack.com',
    'https://*.example.com',
  )
  it.each([
    ['POST', 'https://api.stripe.com/v1/charges/x', 'GET https://api.stripe.com/v1/charges/*', ['method']],
    ['GET', 'https://api.stripe.com/v2/charges', 'GET https://api.stripe.com/v1/charges/*', ['path']],
    ['POST', 'https://api.stripe.com:8443/', 'GET https://api.stripe.com/v1/charges/*', ['method', 'path', 'port']],
    ['GET', 'https://api.strpe.com/v1/charges/x', 'GET https://api.stripe.com/v1/charges/*', ['host']],
    ['GET', 'https://b.a.example.com/', 'https://*.example.com', ['host']],
    ['GET', 'https://evil.test/', undefined, undefined],
  ])('to %s %s is %s, for %s', (method, url, text, differs) => {
    const closest = closestRule(book, method, targetOf(url))
    expect(closest?.rule.text).toBe(text)
    expect(closest?.differs).toEqual(differs)
  })

  it('is named in words', () => {
    const closest = closestRule(book, 'POST', targetOf('https://api.stripe.com/v1/charges/x'))
    expect(closest && closestText(closest)).toBe(
      'the closest rule is `GET https://api.stripe.com/v1/charges/*`: its method differs',
    )
  })
})
