import { expect, it } from 'vitest'
import { ratesMet } from '#core/limits/met.ts'
import { entryOf, exchangeOf } from '../../support/ports.ts'

const principal = { issuer: 'https://idp.example.com', subject: 'mira', scopes: [], claims: {} }
const rateOf = (per: string, limit = 5) => ({ limits: { rate: [{ name: 'burst', limit, windowSeconds: 1, per }] } })
const met = (entry: ReturnType<typeof entryOf>, address: string, app = entry.app) =>
  ratesMet(exchangeOf({ app, entry, address, principal })).map(({ counter, rule }) => [counter.subject, rule.limit])

it('the rates of a caller who comes again are those of the address and the manifest of that moment', () => {
  const byAddress = entryOf(rateOf('ip'))
  const byCaller = entryOf(rateOf('caller', 7))
  expect(met(byAddress, '192.0.2.1')).toEqual([['ip 192.0.2.1', 5]])
  expect(met(byAddress, '192.0.2.2')).toEqual([['ip 192.0.2.2', 5]])
  expect(met(byCaller, '192.0.2.2')).toEqual([['caller https://idp.example.com mira', 7]])
  expect(met(byAddress, '192.0.2.2')).toEqual([['ip 192.0.2.2', 5]])
})
