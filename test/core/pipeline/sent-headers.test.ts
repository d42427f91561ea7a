import { expect, it } from 'vitest'
import { SentHeaders, sentHeaders } from '#core/pipeline/sent-headers.ts'

const headers = new Headers({ Accept: 'text/html', 'x-email': 'mira@example.com' })
headers.append('authorization', 'Bearer a')
headers.append('authorization', 'Bearer b')
const sent = new SentHeaders(headers)

it('says of headers what they say themselves, by name in lower case', () => {
  expect(sent.names.toSorted()).toEqual([...headers.keys()])
  for (const name of [...headers.keys(), 'host']) expect(sent.get(name)).toBe(headers.get(name))
  expect(sent.get('authorization')).toBe('Bearer a, Bearer b')
})

it('are read again where a policy has put others in their place', () => {
  const masked = new Headers({ accept: 'text/html', 'x-email': '****' })
  expect(sentHeaders({ headers, sent })).toBe(sent)
  expect(sentHeaders({ headers: masked, sent }).get('x-email')).toBe('****')
  expect(sentHeaders({ headers: masked, sent }).names).not.toContain('authorization')
  expect(sentHeaders({ headers: masked }).get('x-email')).toBe('****')
})
