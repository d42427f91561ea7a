import { describe, expect, it } from 'vitest'
import { deployed, documentOf, faultsOf, local } from '../../support/manifests.ts'

const issuer = { issuer: 'https://idp.example.com', audiences: ['api://shop'], algorithms: ['ES256'] }
const route = { path: '/v1', methods: ['GET'] }
const introspection = { clientId: 'gateway', secret: 'client' }
const withIssuers = (...issuers: unknown[]) => documentOf({ api: { issuers, routes: [route] } })
const workload = { issuer: issuer.issuer, subject: 'workload:shop' }
const withWorkloads = (...identity: unknown[]) => documentOf({ identity })

describe('the issuers of an API', () => {
  it('are accepted with all that may be said of them', () => {
    const more = { jwksUri: 'https://keys.example.com/set', type: 'at+jwt', maxTokenAgeSeconds: 3600, dpop: 'required' }
    const asked = { ...introspection, url: 'https://idp.example.com/introspect' }
    expect(faultsOf(withIssuers({ ...issuer, ...more, introspection: asked }))).toEqual([])
    expect(faultsOf(withIssuers(issuer, { ...issuer, issuer: 'https://idp.example.com/b', introspection }))).toEqual([])
  })

  it.each([
    [{ algorithms: undefined }, 'algorithms: is required'],
    [{ algorithms: [] }, 'algorithms: must have'],
    [{ algorithms: ['HS256'] }, 'algorithms[0]: must be one of'],
    [{ algorithms: ['none'] }, 'algorithms[0]: must be one of'],
    [{ audiences: [] }, 'audiences: must have'],
    [{ issuer: 'idp' }, 'issuer: is not an absolute'],
    [{ issuer: 'http://idp.example.com' }, 'issuer: must be https'],
    [{ issuer: 'http://127.0.0.1:9000' }, 'issuer: must be https'],
    [{ issuer: 'https://10.0.0.1' }, 'issuer: has an IP address'],
    [{ issuer: 'https://gate.example.com' }, "issuer: is the gateway's own address"],
    [{ issuer: 'https://idp.example.com?a' }, 'issuer: must not hold a query'],
    [{ jwksUri: 'https://user@keys.example.com' }, 'jwksUri: holds user-info'],
    [{ introspection: { ...introspection, url: 'http://idp.example.com' } }, 'introspection.url: must be https'],
    [{ introspection, jwksUri: 'https://keys.example.com' }, 'introspection.url: is required beside'],
    [{ introspection: { clientId: 'gateway' } }, 'introspection.secret: is required'],
    [{ dpop: true }, 'dpop: must be one of'],
  ])('are refused with %j', (change, fault) => {
    expect(faultsOf(withIssuers({ ...issuer, ...change })).join('\n')).toContain(`spec.api.issuers[0].${fault}`)
  })

  it('may be on loopback on one machine', () => {
    const here = { ...issuer, issuer: 'http://127.0.0.1:8789', jwksUri: 'http://localhost:8789/keys' }
    expect(faultsOf(withIssuers(here), local)).toEqual([])
    expect(faultsOf(withIssuers(here), deployed)).toHaveLength(2)
  })

  it('are each listed once, and only one of them is asked about tokens', () => {
    expect(faultsOf(withIssuers(issuer, issuer))).toEqual(['spec.api.issuers[1].issuer: is listed twice'])
    const two = [introspection, introspection].map((asked, n) => ({
      ...issuer,
      issuer: `https://idp${n}.example.com`,
      introspection: asked,
    }))
    expect(faultsOf(withIssuers(...two)).join()).toContain('spec.api.issuers[1].introspection: is one too many')
  })

  it('are needed where a route asks for a token, and no scope is asked of whoever comes', () => {
    expect(faultsOf(withIssuers()).join()).toContain('spec.api.issuers: is required: routes[0] asks for a token')
    const open = { ...route, auth: 'none' }
    expect(faultsOf(documentOf({ api: { routes: [open] } }))).toEqual([])
    expect(faultsOf(documentOf({ api: { routes: [{ ...open, scopes: ['a'] }] } })).join()).toContain(
      'spec.api.routes[0].scopes: would not be asked for',
    )
    for (const scope of ['', 'a b', 'a"b', 'a\\b', 'ä'])
      expect(
        faultsOf(documentOf({ api: { issuers: [issuer], routes: [{ ...route, scopes: [scope] }] } })),
      ).toHaveLength(1)
  })
})

describe('the workloads of an app', () => {
  it('are accepted, each listed once, with issuers that may be asked', () => {
    expect(faultsOf(withWorkloads(workload, { ...workload, audience: 'other' }))).toEqual([])
    expect(faultsOf(withWorkloads(workload, workload))).toEqual(['spec.identity[1]: is listed twice'])
    expect(faultsOf(withWorkloads({ ...workload, issuer: 'http://idp.example.com' }))).toEqual([
      'spec.identity[0].issuer: must be https',
    ])
    expect(faultsOf(withWorkloads({ issuer: workload.issuer }))).toEqual(['spec.identity[0].subject: is required'])
  })
})
