import { describe, expect, it } from 'vitest'
import { hostAsked } from '#core/hosts/asked.ts'
import { hostIn, isHostName } from '#core/hosts/name.ts'

describe('the host of a request', () => {
  it.each([
    ['http://shop.example.com/a', 'shop.example.com'],
    ['https://Shop.Example.COM:8443/a:b?c@d', 'shop.example.com'],
    ['http://shop.example.com./', 'shop.example.com'],
    ['http://shop.example.com.:80/', 'shop.example.com'],
    ['http://shop.example.com', 'shop.example.com'],
    ['http://[::1]:80/', '[::1]'],
    ['http:///a', ''],
  ])('of %s is %j', (url, host) => {
    expect(hostIn(url)).toBe(host)
  })

  it.each(['shop.example.com', 'a.b', 'x-1.shop.localhost', 'xn--mller-kva.example'])('may be an app’s: %s', host => {
    expect(isHostName(host)).toBe(true)
  })

  it.each([
    '',
    'shop',
    'localhost',
    '10.0.0.1',
    'a.0x7f',
    '[::1]',
    'shop..com',
    '-a.com',
    'a-.com',
    'a_b.com',
    'Shop.com',
    'a.com.',
    'a.com:80',
    'u@a.com',
    '*.a.com',
    'müller.example',
    `${'a'.repeat(64)}.com`,
    `${'abcdefg.'.repeat(32)}com`,
  ])('is no name that an app may have: %j', host => {
    expect(isHostName(host)).toBe(false)
  })
})

describe('the host of an app’s own', () => {
  const asked = hostAsked({ isLocal: false, ownHosts: ['gate.example.com', 'admin.example.com:8443'] }, [
    'https://gate.example.com',
  ])

  it('is never the gateway’s, in whatever scheme, case and at whatever port it is asked', () => {
    for (const url of [
      'https://gate.example.com/apps/x',
      'http://GATE.example.com./apps/x',
      'https://admin.example.com/',
      'http://127.0.0.1:8787/',
      'http://localhost/',
    ])
      expect(asked(url)).toBeUndefined()
  })

  it('is any other name of DNS', () => {
    expect(asked('https://gate.example.com.evil.example/')).toBe('gate.example.com.evil.example')
    expect(asked('https://shop.example.com/apps/x')).toBe('shop.example.com')
  })
})
