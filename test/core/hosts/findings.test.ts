import { describe, expect, it } from 'vitest'
import { deployed, documentOf, faultsOf, local, remedyAt } from '../../support/manifests.ts'

const api = { routes: [{ path: '/*', methods: ['GET'], auth: 'none' }] }
const withHosts = (...hosts: unknown[]) => documentOf({ hosts, api })

describe('a host of an app’s own', () => {
  it('is a name of the public DNS; one of localhost on one machine alone', () => {
    expect(faultsOf(withHosts('api.example.com', 'shop.example.org'))).toEqual([])
    expect(faultsOf(withHosts('shop.localhost'), local)).toEqual([])
    expect(faultsOf(withHosts('shop.localhost'))).toEqual([
      'spec.hosts[0]: has a host that only a private network knows',
    ])
  })

  it.each([
    'shop',
    'localhost',
    '192.168.0.1',
    '[::1]',
    '0x7f.1',
    'Shop.example.com',
    'shop.example.com.',
    'shop.example.com:8443',
    'https://shop.example.com',
    '*.example.com',
    '',
    7,
  ])('is refused as malformed: %j', host => {
    expect(faultsOf(withHosts(host), local)).toHaveLength(1)
  })

  it.each(['db.internal', 'printer.local'])('is refused where only a private network knows it: %s', host => {
    expect(faultsOf(withHosts(host))).toEqual(['spec.hosts[0]: has a host that only a private network knows'])
  })

  it('is not the gateway’s, whatever the port', () => {
    expect(faultsOf(withHosts('gate.example.com'))).toEqual(["spec.hosts[0]: is the gateway's own host"])
    const setting = { ...deployed, ownHosts: ['gate.example.com:8443'] }
    expect(faultsOf(withHosts('gate.example.com'), setting)).toEqual(["spec.hosts[0]: is the gateway's own host"])
  })

  it('is listed once, leads to an API, and is not where the app lives', () => {
    expect(faultsOf(withHosts('a.example.com', 'a.example.com'))).toEqual(['spec.hosts: names a host twice'])
    expect(faultsOf(documentOf({ hosts: ['a.example.com'] }))).toEqual([
      'spec.hosts: lead nowhere: the manifest has no `api`',
    ])
    const upstreams = [{ name: 'stable', url: 'https://a.example.com/base' }]
    const circle = documentOf({ hosts: ['a.example.com'], api, upstreams })
    expect(faultsOf(circle)).toEqual([
      'spec.upstreams[0].url: is one of `hosts`: requests would come back to the gateway',
    ])
    expect(remedyAt(circle, 'spec.upstreams[0].url')).toBe('Write where the app really lives.')
  })
})
