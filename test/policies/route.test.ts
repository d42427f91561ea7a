import { describe, expect, it } from 'vitest'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { route } from '#policies/route.ts'
import { entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

const verdictOn = (change: Partial<Exchange> = {}) =>
  route.before(exchangeOf({ entry: entryOf(), ...change }), recordingPorts().ports)

describe('route', () => {
  it('passes a POST to a source of the app, with its scheme', async () => {
    expect(await verdictOn()).toMatchObject({
      kind: 'pass',
      change: { webhook: { scheme: schemes.github, hops: 0, source: { path: '/hooks' } } },
    })
  })

  it('denies a source that the app does not have, also one that every object has', async () => {
    for (const source of ['stripe', '', 'constructor', '__proto__', 'GitHub'])
      expect(await verdictOn({ source })).toMatchObject({ kind: 'deny', fault: 'source-unknown' })
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'post'])('denies %s and says what is allowed', async method => {
    expect(await verdictOn({ method })).toMatchObject({ fault: 'method-denied', headers: { allow: 'POST' } })
  })

  it('does not tell a stranger by its method whether a source exists', async () => {
    expect(await verdictOn({ method: 'GET', source: 'stripe' })).toMatchObject({ fault: 'source-unknown' })
  })

  it('counts the gateways that the request has passed before', async () => {
    expect(await verdictOn({ headers: new Headers({ 'gatehouse-hops': '3' }) })).toMatchObject({
      change: { webhook: { hops: 3 } },
    })
  })

  it('denies a fifth hop as a loop', async () => {
    for (const hops of ['4', '5', '999', '99999999999'])
      expect(await verdictOn({ headers: new Headers({ 'gatehouse-hops': hops }) })).toMatchObject({
        fault: 'loop-detected',
      })
  })
})
