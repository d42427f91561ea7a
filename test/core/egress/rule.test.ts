import { describe, expect, it } from 'vitest'
import { isUnderPublicSuffix } from '#core/egress/public-suffix.ts'
import { readRule } from '#core/egress/rule.ts'
import { ruleOf } from '../../support/egress.ts'

describe('a rule', () => {
  it.each([
    'https://api.stripe.com',
    'https://api.stripe.com/',
    'GET https://maps.company.com/v1/*',
    'GET,HEAD,POST https://api.stripe.com:8443/v1/charges/*',
    'https://*.googleapis.com/*',
    'https://**.example.com',
    'https://ec2.*.amazonaws.com',
    'https://xn--bcher-kva.example/a%20b',
    'http://localhost:8788/v1/*',
    'http://localhost:80',
  ])('may read %s', text => {
    expect(ruleOf(text)).toMatchObject({ text })
  })

  it.each([
    ['', 'must read'],
    ['api.stripe.com', 'must read'],
    ['ftp://api.stripe.com', 'must read'],
    ['get https://api.stripe.com', 'must read'],
    ['GET, POST https://api.stripe.com', 'must read'],
    ['GET  https://api.stripe.com', 'must read'],
    ['https://api.stripe.com:0/', 'must read'],
    ['https://api.stripe.com:/', 'must read'],
    ['https://a@api.stripe.com/', 'host'],
    ['https://api.stripe.com/a\n', 'must read'],
    ['TRACE https://api.stripe.com', 'TRACE'],
    ['GET,CONNECT https://api.stripe.com', 'CONNECT'],
    ['https://api.stripe.com:65536', '65535'],
    ['http://api.stripe.com', 'https'],
    ['http://localhost', 'https'],
    ['https://localhost:8788', 'two labels'],
    ['https://*', 'two labels'],
    ['https://a.**.example.com', 'only as the first label'],
    ['https://*a.example.com', 'whole label'],
    ['https://a*.example.com', 'whole label'],
    ['https://***.example.com', 'whole label'],
    ['https://API.stripe.com', 'lower case'],
    ['https://bücher.example', 'lower case'],
    ['https://api..stripe.com', 'lower case'],
    ['https://api.stripe.com./x', 'lower case'],
    ['https://-a.example.com', 'lower case'],
    ['https://10.0.0.1', 'DNS|IP'],
    ['https://*.0.0.1', 'DNS'],
    ['https://a.0x7f', 'DNS'],
    ['https://metadata.google.internal', 'private network'],
    ['https://api.stripe.com/a b', 'escaped'],
    ['https://api.stripe.com/a?b', 'must read|query'],
    ['https://api.stripe.com/a#b', 'query or fragment'],
    ['https://api.stripe.com/ä', 'escaped'],
    ['https://api.stripe.com/a/../b', 'dot segments'],
    ['https://api.stripe.com/%2e%2e/b', 'dot segments'],
    ['https://api.stripe.com/a%2fb', '%2F'],
    ['https://api.stripe.com/a//b', 'empty segment'],
    ['https://api.stripe.com/..;/b', '..;'],
  ])('that reads %j is refused', (text, reason) => {
    expect(readRule(text)).toMatch(new RegExp(reason.replaceAll('.', '\\.')))
  })
})

describe('a wildcard directly under a public suffix is recognized', () => {
  it.each([
    ['https://*.com', true],
    ['https://**.co.uk', true],
    ['https://*.*.co.uk', true],
    ['https://a.*.org', true],
    ['https://*.kawasaki.jp', true],
    ['https://*.ck', true],
    ['https://*.example', true],
    ['https://*.*', true],
    ['https://*.example.com', false],
    ['https://**.bbc.co.uk', false],
    ['https://ec2.*.amazonaws.com', false],
    ['https://*.city.kawasaki.jp', false],
    ['https://api.stripe.com', false],
  ])('in %s: %s', (text, expected) => {
    expect(isUnderPublicSuffix(ruleOf(text))).toBe(expected)
  })
})
