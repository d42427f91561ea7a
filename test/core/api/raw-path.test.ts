import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUnambiguous, targetOf } from '#core/api/raw-path.ts'

describe('the target of a request', () => {
  it.each([
    ['http://gate/apps/shop/v1/places?x=1', { app: 'shop', path: '/v1/places', query: '?x=1' }],
    ['http://gate/apps/shop', { app: 'shop', path: '/', query: '' }],
    ['http://gate/apps/shop?x', { app: 'shop', path: '/', query: '?x' }],
    ['http://gate/apps/shop/', { app: 'shop', path: '/', query: '' }],
    ['http://gate/apps/shop//a/../b;c?d=/../', { app: 'shop', path: '//a/../b;c', query: '?d=/../' }],
    ['https://gate:8443/apps/sh%6fp/a%2Fb', { app: 'sh%6fp', path: '/a%2Fb', query: '' }],
    ['http://gate/apps/', { app: '', path: '/', query: '' }],
  ])('of %s is cut out as it was sent', (url, target) => {
    expect(targetOf(url, '/apps/')).toEqual(target)
  })

  it.each([
    'http://gate',
    'http://gate/',
    'http://gate//apps/shop/',
    'http://gate/%61pps/shop/',
    'http://gate/x?/apps/shop/',
  ])('is none where the path as sent is not the door’s: %s', url => {
    expect(targetOf(url, '/apps/')).toBeUndefined()
  })
})

describe('a path', () => {
  it.each([
    '/a/../b',
    '/..',
    '/a..b',
    '/a/./b',
    '/.',
    '/%2e%2e/b',
    '/%2E/b',
    '/.%2e/b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a//b',
    '//',
    '/a;b',
    '/..;/b',
    '/a%3bb',
    '/a%00',
    '/a%0d%0ab',
    '/a%1Fb',
    '/a%7f',
    '/a\tb',
    '/a\u0000',
    '/a b',
    '/a%',
    '/a%2',
    '/a%zz',
    '/%c0%ae%C0%AE/b',
    '/a%c1%9cb',
    '/a%e0%80%afb',
    '/a%F0%80%80%AFb',
    '/a#b',
  ])('that can be read in more than one way is told: %j', path => {
    expect(isUnambiguous(path)).toBe(false)
  })

  it.each(['/', '/a', '/a/', '/v1/places/4711', '/a.b', '/.well-known/x', '/a%20b', '/%C3%A9', "/a!$&'()*+,=:@-_~"])(
    'that can be read in one way only is left alone: %s',
    path => {
      expect(isUnambiguous(path)).toBe(true)
    },
  )

  it('that is unambiguous is the same path after a WHATWG parser has read it', () => {
    const part = fc.constantFrom('a', '.', '..', '/', '//', '%2e', '%2f', '%41', ';', '\\', '%', '*', ':', 'é', '?')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), parts => {
        const path = `/${parts.join('').replaceAll('?', '')}`
        if (!isUnambiguous(path) || path.includes('é')) return
        expect(new URL(`https://app.example.com${path}`).pathname).toBe(path)
      }),
    )
  })
})
