import { describe, expect, it } from 'vitest'
import { pathTemplate } from '#core/egress/path-template.ts'
import { type SoughtPlace, suggestions } from '#core/egress/places.ts'
import { entryOf } from '../../support/ports.ts'

const sought = (method: string, url: string, count = 1): SoughtPlace => {
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)(.*)$/.exec(url) ?? []
  return { method, origin, path, count, lastAt: `2026-01-0${count}T00:00:00.000Z` }
}
const rules = (places: readonly SoughtPlace[], egress: readonly unknown[] = []) =>
  suggestions(places, entryOf({ egress }).manifest, false).map(({ to, count }) => `${to} ${count}`)

describe('the rules suggested', () => {
  it('are one for each path, with all its methods, the most wanted first', () => {
    expect(
      rules([
        sought('GET', 'https://a.example.com/v1/things'),
        sought('POST', 'https://a.example.com/v1/things', 2),
        sought('GET', 'https://b.example.com:8443/', 5),
      ]),
    ).toEqual(['GET https://b.example.com:8443/ 5', 'GET,POST https://a.example.com/v1/things 3'])
  })

  it('are one for what many paths of an origin have in common', () => {
    const places = ['a', 'b', 'c', 'd', 'e', 'f/g'].map(name =>
      sought('GET', `https://a.example.com/v1/things/${name}`),
    )
    expect(rules(places)).toEqual(['GET https://a.example.com/v1/things/* 6'])
    const apart = ['a/x', 'b/x', 'c/x', 'd/x', 'e/x', 'f/x'].map(name => sought('GET', `https://a.example.com/${name}`))
    expect(rules(apart)).toEqual(['GET https://a.example.com/* 6'])
  })

  it('leave out what is allowed by now', () => {
    const places = [sought('GET', 'https://a.example.com/v1/*'), sought('GET', 'https://a.example.com/v2/x')]
    expect(rules(places, [{ to: 'https://a.example.com/v1/*' }])).toEqual(['GET https://a.example.com/v2/x 1'])
    expect(rules(places, [{ to: 'https://a.example.com', mode: 'shadow' }])).toHaveLength(2)
  })
})

describe('a path template', () => {
  it.each([
    ['/', '/'],
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/v1/customers/cus_9s6XKzkNRiz8i3/cards', '/v1/customers/*/cards'],
    ['/users/anna@example.com', '/users/*'],
    ['/users/4711/', '/users/*/'],
    ['/a/%C3%A4', '/a/*'],
    ['/api.users.list', '/api.users.list'],
    ['/v1beta/models', '/*/models'],
    [`/${'a'.repeat(33)}`, '/*'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/*'],
  ])('of %s is %s', (path, template) => {
    expect(pathTemplate(path)).toBe(template)
  })
})
