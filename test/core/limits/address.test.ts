import { describe, expect, it } from 'vitest'
import { addressOf, rangesIn } from '#core/limits/address.ts'

const trusting = (ranges: string) => ({ isLocal: true, trustedProxies: rangesIn(ranges) ?? [] })
const forwarded = (hops: string) => new Headers({ 'x-forwarded-for': hops })

describe('on Cloudflare', () => {
  const deployed = { isLocal: false }

  it('is what Cloudflare says, whatever else the client sends', () => {
    const headers = new Headers({ 'cf-connecting-ip': '192.0.2.7', 'x-forwarded-for': '198.51.100.1' })
    expect(addressOf(headers, deployed)).toBe('192.0.2.7')
  })

  it.each([
    ['2001:db8:1:2:aaaa::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:bbbb:0:0:9', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
  ])('counts %s as %s: a subscriber has a /64, and IPv4 in IPv6 is IPv4', (address, counted) => {
    expect(addressOf(new Headers({ 'cf-connecting-ip': address }), deployed)).toBe(counted)
  })

  it.each(['', 'localhost', '192.0.2', '0x7f.1', '192.0.2.7, 192.0.2.8'])('does not take %j for an address', text => {
    expect(addressOf(new Headers({ 'cf-connecting-ip': text }), deployed)).toBe('unknown')
  })
})

describe('on one machine', () => {
  it('is the peer, which is loopback, whatever headers say', () => {
    const headers = new Headers({ 'cf-connecting-ip': '192.0.2.7', 'x-forwarded-for': '198.51.100.1' })
    expect(addressOf(headers, { isLocal: true })).toBe('127.0.0.1')
    expect(addressOf(headers, trusting('10.0.0.0/8'))).toBe('127.0.0.1')
  })

  it('is the last hop where the peer is a trusted proxy', () => {
    expect(addressOf(forwarded('198.51.100.1, 192.0.2.7'), trusting('127.0.0.1'))).toBe('192.0.2.7')
    expect(addressOf(forwarded('198.51.100.1, 2001:db8::5'), trusting('127.0.0.0/8'))).toBe('2001:db8::/64')
  })

  it('passes over hops that are trusted proxies themselves, and stops at the first that is not', () => {
    const setting = trusting('127.0.0.1, 10.0.0.0/8, fd00::/8')
    expect(addressOf(forwarded('203.0.113.9, 192.0.2.7, fd00::1, 10.1.2.3'), setting)).toBe('192.0.2.7')
  })

  it('stays with the last proxy where a hop is no address, or all are proxies', () => {
    const setting = trusting('127.0.0.1, 10.0.0.0/8')
    expect(addressOf(forwarded('192.0.2.7, unknown, 10.1.2.3'), setting)).toBe('10.1.2.3')
    expect(addressOf(forwarded('10.1.2.4, 10.1.2.3'), setting)).toBe('10.1.2.4')
    expect(addressOf(new Headers(), setting)).toBe('127.0.0.1')
    expect(addressOf(forwarded(Array.from({ length: 70 }, () => '192.0.2.7').join()), setting)).toBe('127.0.0.1')
  })
})

describe('the list of trusted proxies', () => {
  it.each(['10.0.0.0/8, ::1', '127.0.0.1', '', ' 2001:db8::/32 '])('takes %j', text => {
    expect(rangesIn(text)).toBeDefined()
  })

  it.each(['10.0.0.0/33', '127.1', 'proxy.example.com', '10.0.0.1;10.0.0.2'])('refuses %j', text => {
    expect(rangesIn(text)).toBeUndefined()
  })
})
