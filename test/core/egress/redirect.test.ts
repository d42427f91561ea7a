import { describe, expect, it } from 'vitest'
import { isRedirect, onward, redirectTarget } from '#core/egress/redirect.ts'
import { deployed } from '../../support/egress.ts'

const from = new URL('https://api.stripe.com/v1/files/x?y=z')

describe('a Location', () => {
  it.each([
    ['/v1/files/y', 'https://api.stripe.com/v1/files/y'],
    ['y', 'https://api.stripe.com/v1/files/y'],
    ['../charges', 'https://api.stripe.com/v1/charges'],
    ['?a=b', 'https://api.stripe.com/v1/files/x?a=b'],
    ['', 'https://api.stripe.com/v1/files/x?y=z'],
    ['//files.stripe.com/a', 'https://files.stripe.com/a'],
    ['https://files.stripe.com/a#b', 'https://files.stripe.com/a'],
  ])('%j leads to %s', (location, expected) => {
    const target = redirectTarget(from, location, deployed)
    expect(typeof target === 'string' ? target : target.url.href).toBe(expected)
  })

  it.each([
    'http://api.stripe.com/v1',
    'https:files.stripe.com',
    'https:///files.stripe.com',
    '///files.stripe.com',
    '//api.stripe.com@files.stripe.com/',
    '/\\files.stripe.com',
    '\\\\files.stripe.com',
    '/\t/files.stripe.com',
    'javascript:alert(1)',
    'data:text/plain,x',
    '//127.0.0.1/',
    'https://[::1]/',
    'https://gate.example.com/egress/x',
  ])('%j is refused', location => {
    expect(redirectTarget(from, location, deployed)).toBeTypeOf('string')
  })
})

it('method and body go on as the Fetch standard says', () => {
  expect(onward(301, 'POST')).toEqual({ method: 'GET', carriesBody: false })
  expect(onward(302, 'POST')).toEqual({ method: 'GET', carriesBody: false })
  expect(onward(302, 'PUT')).toEqual({ method: 'PUT', carriesBody: true })
  expect(onward(303, 'PUT')).toEqual({ method: 'GET', carriesBody: false })
  expect(onward(303, 'HEAD')).toEqual({ method: 'HEAD', carriesBody: true })
  expect(onward(307, 'POST')).toEqual({ method: 'POST', carriesBody: true })
  expect(onward(308, 'POST')).toEqual({ method: 'POST', carriesBody: true })
})

it('only the five redirects of HTTP are followed', () => {
  const statuses = Array.from({ length: 12 }, (_, at) => 299 + at)
  expect(statuses.filter(isRedirect)).toEqual([301, 302, 303, 307, 308])
})
