import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unfetchable } from '#core/egress/fetchable.ts'

const deployed = { isLocal: false, ownHosts: ['gate.example.com', 'admin.example.com:8443'] }
const local = { isLocal: true, ownHosts: ['localhost:8787'] }

const refused: Readonly<Record<string, readonly string[]>> = {
  'user-info': [
    'https://a@example.com',
    'https://a:b@example.com',
    'https://@example.com',
    'https://gate@example.com@x.com/',
  ],
  'control characters': [
    'https://example.com/\u0000',
    'https://exa\tmple.com',
    'https://example.com/a\nb',
    '\rhttps://example.com',
    'https://example.com/\u007f',
  ],
  spaces: [' https://example.com', 'https://example.com ', 'https://example.com/a b', 'https:// example.com'],
  backslashes: ['https:\\\\example.com', 'https://example.com\\@x.com', 'https://example.com/a\\b'],
  'IPv4 addresses in any spelling': [
    'https://10.0.0.1',
    'https://127.0.0.1',
    'https://8.8.8.8:443/',
    'https://2130706433',
    'https://0x7f000001',
    'https://0x7f.0.0.1',
    'https://0177.0.0.1',
    'https://017700000001',
    'https://127.1',
    'https://1.2.3',
    'https://1.2.3.4.',
    'https://0',
    'https://169.254.169.254/latest/meta-data',
    'https://１２７.0.0.1',
    'https://127。0。0。1',
    'https://%31%32%37.0.0.1',
  ],
  'IPv6 addresses': [
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://[2001:db8::1]:443/',
    'https://[fe80::1%25eth0]',
  ],
  'hosts of a single label': ['https://shop', 'https://localhost', 'https://com/', 'https://intranet:8443/x'],
  'private names': ['https://a.localhost', 'https://printer.local', 'https://metadata.google.internal/'],
  'a trailing dot': ['https://example.com.', 'https://example.com./x', 'https://gate.example.com.'],
  'an empty port': ['https://example.com:', 'https://example.com:/x'],
  'a port with leading zeros': ['https://example.com:0443', 'https://example.com:0'],
  'a star in a label': ['https://*example.com', 'https://a.b*c.example.com'],
  'a port that is none': ['https://example.com:99999', 'https://example.com:x', 'https://example.com:-1'],
  'missing or extra slashes': [
    'https:example.com',
    'https:/example.com',
    'https:///example.com',
    'https:////example.com',
    '//example.com',
    'https://',
    'https:///',
  ],
  'wildcard and empty labels': [
    'https://*.example.com',
    'https://*',
    'https://a.*.com',
    'https://a..example.com',
    'https://.example.com',
  ],
  'hosts that parsing changes': [
    'https://ｅｘａｍｐｌｅ.com',
    'https://bücher.example',
    'https://exa%6dple.com',
    'https://exam\u00adple.com',
    'https://example。com',
    'https://ﬁle.example.com',
    'https://ⓔxample.com',
    'https://example.com\u200b',
  ],
  'our own hosts': [
    'https://gate.example.com',
    'https://GATE.example.com/x',
    'https://gate.example.com:443/',
    'https://admin.example.com:8443/admin',
  ],
  'any scheme but https': [
    'http://example.com',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'blob:https://example.com/x',
    'wss://example.com',
    'example.com',
    '',
  ],
}

describe.each(Object.entries(refused))('%s', (_, urls) => {
  it.each(urls)('are refused, not repaired: %j', url => {
    expect(unfetchable(url, deployed)).toEqual(expect.any(String))
  })
})

describe('what may be fetched', () => {
  it.each([
    'https://example.com',
    'https://example.com/',
    'https://example.com:8443/a/b?c=d#e',
    'https://a-b.c_d.example.co.uk/%20',
    'HTTPS://Example.COM/Path',
    'https://xn--bcher-kva.example/',
    'https://gate.example.com.evil.example/',
    'https://admin.example.com/',
    'https://1.example.com',
    'https://example.com?x',
    'https://example.com#x',
    'https://example.com/user@host',
  ])('is %s', url => {
    expect(unfetchable(url, deployed)).toBeUndefined()
  })
})

describe('loopback', () => {
  const loopback = ['http://localhost:3000/x', 'http://127.0.0.1:3000', 'http://[::1]:3000/', 'https://localhost']

  it.each(loopback)('%s may be fetched in the local environment only', url => {
    expect(unfetchable(url, local)).toBeUndefined()
    expect(unfetchable(url, deployed)).toEqual(expect.any(String))
  })

  it.each([
    'http://example.com',
    'http://10.0.0.1:3000',
    'http://127.0.0.2',
    'http://0.0.0.0:3000',
    'http://127.1:3000',
    'http://2130706433',
    'http://0x7f000001',
    'http://[::ffff:127.0.0.1]',
    'http://localhost.:3000',
    'http://localhost.example.com',
    'http://a@localhost:3000',
    'http://localhost:',
  ])('is not %s, which stays refused even there', url => {
    expect(unfetchable(url, local)).toEqual(expect.any(String))
  })

  it('is refused where it is the gateway itself', () => {
    expect(unfetchable('http://localhost:8787/hooks/a/b', local)).toBe("is the gateway's own address")
    expect(unfetchable('http://LOCALHOST:8787', local)).toBe("is the gateway's own address")
  })
})

it('lets nothing through that a parser reads as another host than the one written', () => {
  const piece = fc.constantFrom(
    'https',
    'http',
    ':',
    '/',
    '//',
    '\\',
    '@',
    'example.com',
    '.',
    '%2e',
    '127.0.0.1',
    '[',
    ']',
    '::1',
    'a',
    '*',
    '0x7f',
    '\t',
    '。',
    'ａ',
    '?',
    '#',
    ':8443',
    'xn--',
  )
  const soup = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        soup.map(text => `https://${text}`),
        fc.webUrl(),
        fc.string({ unit: 'binary' }),
      ),
      text => {
        if (unfetchable(text, deployed) !== undefined) return
        const url = new URL(text)
        expect(url.protocol).toBe('https:')
        expect(url.username + url.password).toBe('')
        expect(text.toLowerCase().startsWith(`https://${url.hostname}`)).toBe(true)
        const labels = url.hostname.split('.')
        expect(labels.length).toBeGreaterThan(1)
        for (const label of labels) expect(['', '*']).not.toContain(label)
        expect(labels.at(-1)).not.toMatch(/^\d+$|\]/)
        expect(deployed.ownHosts).not.toContain(url.host)
      },
    ),
    { numRuns: 1000 },
  )
})
