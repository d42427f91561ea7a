import { expect, it } from 'vitest'
import { type Allowance, allowanceOf } from '#core/limits/allowance.ts'
import { leasedRates, type RateStore } from '#core/limits/rates.ts'
import { countedStrikes, type StrikeKind, strikeRules } from '#core/limits/strikes.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { addressLimit } from '#policies/address-limit.ts'
import { registered } from '#policies/registered.ts'
import { entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

/** Strikes of one isolate on a store in memory, and a way to wait until all of them are counted. */
function struck() {
  const work: Promise<unknown>[] = []
  const { ports, pass } = recordingPorts()
  const allowances = new Map<string, Allowance>()
  const nowMs = () => ports.clock.now().getTime()
  const store: RateStore = {
    name: 'memory',
    async take({ app, name, subject }, rule, ask) {
      const key = `${app} ${name} ${subject}`
      const allowance = allowances.get(key) ?? allowanceOf(rule, nowMs())
      allowances.set(key, allowance)
      return allowance.take(ask, nowMs())
    },
    back: async () => {},
    look: () => Promise.reject(new Error('not in this test')),
  }
  const rates = leasedRates(store, ports.clock, ports.counters, ports.log, promise => void work.push(promise))
  const strikes = countedStrikes(rates, ports.clock, promise => void work.push(promise))
  const times = async (kind: StrikeKind, judge: () => unknown) => {
    for (let n = 0; n <= strikeRules[kind].limit; n++) {
      await judge()
      await work.pop()
    }
  }
  return { ports: { ...ports, strikes, clock: ports.clock, log: ports.log, counters: ports.counters }, pass, times }
}

it('an address that asks for apps that are not there is turned away before the registry is asked, and heard later', async () => {
  const { ports, pass, times } = struck()
  let asked = 0
  const registry = {
    find: async () => {
      asked += 1
      return { kind: 'unknown' } as const
    },
    remembers: (app: string) => app === 'in-memory',
  }
  const judge = (over: Partial<Exchange> = {}) =>
    registered.before(exchangeOf({ address: '192.0.2.7', ...over }), { ...ports, registry })
  await times('unknown-app', judge)
  const heard = asked
  expect(heard).toBeGreaterThanOrEqual(95)
  expect(heard).toBeLessThanOrEqual(101)
  expect(await judge()).toMatchObject({ kind: 'deny', fault: 'rate-exceeded' })
  expect(asked).toBe(heard)
  expect(await judge({ app: 'in-memory' })).toMatchObject({ fault: 'app-unknown' })
  expect(await judge({ address: '192.0.2.8' })).toMatchObject({ fault: 'app-unknown' })
  pass(62_000)
  expect(await judge()).toMatchObject({ fault: 'app-unknown' })
})

it('an address that proves nothing 3000 times is turned away from that app; one that proves itself never is', async () => {
  const { ports, times } = struck()
  const exchange = exchangeOf({ address: '192.0.2.7', entry: entryOf() })
  const principal = { issuer: 'i', subject: 's', scopes: [], claims: {} }
  const proven = exchangeOf({ ...exchange, address: '192.0.2.9', principal, api: {} as NonNullable<Exchange['api']> })
  expect(addressLimit.before(exchange, ports)).toMatchObject({ kind: 'pass' })
  await times('unproven', () => addressLimit.after?.(exchange, ports))
  const route = { auth: 'none' } as NonNullable<Exchange['api']>['route']
  const api = { route } as NonNullable<Exchange['api']>
  for (let n = 0; n < 3_100; n++) addressLimit.after?.({ ...proven, api }, ports)
  expect(addressLimit.before(exchange, ports)).toMatchObject({ kind: 'deny', fault: 'rate-exceeded' })
  expect(addressLimit.before({ ...exchange, entry: { ...entryOf(), app: 'other' } }, ports)).toMatchObject({
    kind: 'pass',
  })
  expect(addressLimit.before(proven, ports)).toMatchObject({ kind: 'pass' })
})
