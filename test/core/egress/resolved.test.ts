import { describe, expect, it } from 'vitest'
import { fetchHop } from '#core/egress/hop.ts'
import { assertPublicName } from '#core/egress/resolved.ts'
import { settingsFrom } from '#core/settings/settings.ts'
import { targetOf } from '../../support/egress.ts'
import { exchangeOf, recordingPorts } from '../../support/ports.ts'

type Records = Readonly<Record<'A' | 'AAAA', readonly string[]>>

/** A resolver that answers with these addresses, and a clock set by hand. */
function resolver(records: Partial<Records>, { TTL = 30, Status = 0 } = {}) {
  const asked: string[] = []
  const { ports, pass } = recordingPorts({
    upstreams: {
      fetch: async url => {
        const { searchParams } = new URL(url)
        const type = searchParams.get('type') as 'A' | 'AAAA'
        asked.push(`${type} ${searchParams.get('name')}`)
        const addresses = (records[type] ?? []).map(data => ({ type: type === 'A' ? 1 : 28, data, TTL }))
        return Response.json({ Status, Answer: [{ type: 5, data: 'alias.example.', TTL }, ...addresses] })
      },
    },
  })
  const doh = `https://dns.example/${crypto.randomUUID()}`
  return { asked, pass, ask: () => assertPublicName('api.example.com', doh, ports) }
}

describe('a name', () => {
  it('with public addresses only passes, and is asked for again when its time is over', async () => {
    const dns = resolver({ A: ['93.184.216.34'], AAAA: ['2606:4700::1111'] })
    await dns.ask()
    expect(dns.asked).toEqual(['A api.example.com', 'AAAA api.example.com'])
    dns.pass(29_000)
    await dns.ask()
    expect(dns.asked).toHaveLength(2)
    dns.pass(2_000)
    await dns.ask()
    expect(dns.asked).toHaveLength(4)
  })

  it.each<Partial<Records>>([
    { A: ['93.184.216.34', '10.0.0.1'] },
    { A: ['93.184.216.34'], AAAA: ['fd00::1'] },
    { A: ['169.254.169.254'] },
    { AAAA: ['::ffff:127.0.0.1'] },
  ])('that leads to %j is refused', async records => {
    await expect(resolver(records).ask()).rejects.toMatchObject({ code: 'egress-denied' })
  })

  it('without addresses, or of which the resolver says nothing, is out of reach', async () => {
    await expect(resolver({}, { Status: 3 }).ask()).rejects.toMatchObject({ code: 'upstream-unreachable' })
    await expect(resolver({ A: ['1.1.1.1'] }, { Status: 2 }).ask()).rejects.toMatchObject({
      code: 'upstream-unreachable',
    })
    const { ports } = recordingPorts({ upstreams: { fetch: () => Promise.reject(new TypeError('down')) } })
    await expect(assertPublicName('a.example.com', 'https://dns.example/', ports)).rejects.toMatchObject({
      code: 'upstream-unreachable',
    })
  })
})

it('nothing is fetched from a name that the resolver of `EGRESS_DOH` does not vouch for', async () => {
  const fetched: string[] = []
  const settings = settingsFrom({ ENVIRONMENT: 'local', EGRESS_DOH: 'https://dns.example/query' })
  const { ports } = recordingPorts({
    settings,
    upstreams: {
      fetch: async url => {
        fetched.push(new URL(url).host)
        return Response.json({ Status: 0, Answer: [{ type: 1, data: '10.0.0.1', TTL: 30 }] })
      },
    },
  })
  const target = targetOf('https://rebound.example.com/')
  const hop = exchangeOf({ method: 'GET', target, departing: new Headers() })
  await expect(fetchHop(hop, 1_000, ports)).rejects.toMatchObject({ code: 'egress-denied' })
  expect(fetched).not.toContain('rebound.example.com')
})
