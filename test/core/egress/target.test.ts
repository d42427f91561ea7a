import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redirectTarget } from '#core/egress/redirect.ts'
import { readTarget } from '#core/egress/target.ts'
import { bookOf, deployed, local, targetOf } from '../../support/egress.ts'

const book = bookOf('https://api.stripe.com/v1/*', 'https://*.googleapis.com', 'https://maps.company.com:8443')
const allowed = /^https:\/\/(?:api\.stripe\.com\/v1\/|[^./?#@:]+\.googleapis\.com\/|maps\.company\.com:8443\/)/

describe('a target', () => {
  it.each([
    ['https://gate.example.com/hooks/a/b', "is the gateway's own address"],
    ['https://gate.example.com:443/', "is the gateway's own address"],
    ['http://api.stripe.com/', 'must be https'],
    ['http://localhost:3000/', 'must be https'],
    ['https://localhost:3000/', 'has a host of a single label'],
    ['https://169.254.169.254/', 'has an IP address for a host'],
    ['https://api.stripe.com./', 'has a host that ends in a dot'],
    ['https://user@api.stripe.com/', 'holds user-info'],
  ])('%s is refused: %s', (text, reason) => {
    expect(readTarget(text, deployed)).toBe(reason)
  })

  it('on one machine is http on localhost too, but never the gateway', () => {
    expect(targetOf('http://localhost:3000/x', local).port).toBe(3000)
    expect(targetOf('http://localhost:80/x', local).port).toBe(80)
    expect(readTarget('http://127.0.0.1:3000/', local)).toBe('must be https')
    expect(readTarget('http://localhost:8787/', local)).toBe("is the gateway's own address")
  })

  it('has lost its fragment, which is never sent', () => {
    expect(targetOf('https://api.stripe.com/v1/a?b=c#d').url.href).toBe('https://api.stripe.com/v1/a?b=c')
  })
})

/** Pieces from which texts are made that are to be taken for an allowed host by one reader and not by another. */
const piece = fc.constantFrom(
  ...['evil.example', '127.0.0.1', '[::1]', 'localhost', 'api.stripe.com', 'a.googleapis.com', 'maps.company.com'],
  ...[
    'https://',
    'http://',
    '//',
    '/',
    '\\',
    '@',
    ':',
    ':8443',
    ':443',
    '?',
    '#',
    '.',
    '..',
    ';',
    '/v1/',
    '%2e',
    '%2f',
  ],
  ...['%40', '%00', '\t', '\n', ' ', '。', '．', '\u00ad', 'ａ', 'xn--', '*', '&', '%25', '0x7f', '2130706433'],
)
const soup = fc.array(piece, { maxLength: 9 }).map(pieces => pieces.join(''))
const texts = fc.oneof(
  soup,
  soup.map(text => `https://api.stripe.com${text}`),
  soup.map(text => `https://${text}`),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
)

describe('whatever the text', () => {
  it('nothing passes but what every reader takes for an allowed host', () => {
    fc.assert(
      fc.property(texts, text => {
        const target = readTarget(text, deployed)
        if (typeof target === 'string' || !book.find('GET', target)) return
        const written = text.toLowerCase().replace(/^(https:\/\/[^/?#]*?)(?::443)?(?=[/?#]|$)/, '$1')
        expect(written).toMatch(
          /^https:\/\/(?:api\.stripe\.com|[^./?#@:]+\.googleapis\.com|maps\.company\.com:8443)(?:[/?#]|$)/,
        )
        expect(target.url.href).toMatch(allowed)
      }),
      { numRuns: 3000 },
    )
  })

  it('what is fetched is what was judged', () => {
    fc.assert(
      fc.property(texts, text => {
        const target = readTarget(text, deployed)
        if (typeof target === 'string') return
        const fetched = new URL(new Request(target.url.href).url)
        expect(fetched.href).toBe(target.url.href)
        expect(readTarget(fetched.href, deployed)).toEqual(target)
        expect([...target.labels].reverse().join('.')).toBe(fetched.hostname)
      }),
      { numRuns: 3000 },
    )
  })

  it('no redirect leads to what could not be asked for', () => {
    const from = new URL('https://api.stripe.com/v1/files/x')
    fc.assert(
      fc.property(texts, location => {
        const target = redirectTarget(from, location, deployed)
        if (typeof target === 'string' || !book.find('GET', target)) return
        expect(target.url.href).toMatch(allowed)
        expect(new URL(location, from.href).host).toBe(target.url.host)
      }),
      { numRuns: 3000 },
    )
  })
})
