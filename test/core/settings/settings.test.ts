import { describe, expect, it } from 'vitest'
import { settingsFrom } from '#core/settings/settings.ts'
import { signingBindings } from '../../support/signing-keys.ts'

const jwks = JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k1' }] })
const deployed = {
  ENVIRONMENT: 'production',
  PUBLIC_URL: 'https://gate.example.com/ignored?x',
  ADMIN_URL: 'https://admin.example.com',
  ADMIN_ISSUER: 'https://idp.example.com',
  ADMIN_AUDIENCE: 'gatehouse',
  GATEWAY_KEK: btoa('k'.repeat(32)),
  SIGNING_KEYS: signingBindings.SIGNING_KEYS,
  METRICS_TOKEN: 'a-token-of-length',
}

/** The names of the settings that a start complains of, in order. */
function complaints(variables: Readonly<Record<string, unknown>>): string[] {
  try {
    settingsFrom(variables)
    return []
  } catch (error) {
    return [...String(error).matchAll(/^ {2}(\w+)[\w.]*: /gm)].map(([, name]) => name ?? '')
  }
}

const complaint = (variables: Readonly<Record<string, unknown>>) => {
  try {
    settingsFrom(variables)
  } catch (error) {
    return String(error)
  }
  return ''
}

describe('settings', () => {
  it('are read from the variables operators set', () => {
    const settings = settingsFrom(deployed)
    expect(settings).toMatchObject({
      environment: 'production',
      isLocal: false,
      publicUrl: 'https://gate.example.com',
      adminUrl: 'https://admin.example.com',
      ownHosts: ['gate.example.com', 'admin.example.com'],
      admin: { provider: { issuer: 'https://idp.example.com', audience: 'gatehouse' }, teamsClaim: 'teams' },
      signing: { issuer: 'https://gate.example.com' },
    })
    expect(settings.admin?.localKeys).toBeUndefined()
    expect(settings.metricsToken?.reveal()).toBe('a-token-of-length')
    expect(JSON.stringify(settings)).not.toContain('a-token-of-length')
  })

  it('need no more than the environment on one machine', () => {
    expect(settingsFrom({ ENVIRONMENT: 'local' })).toEqual({
      environment: 'local',
      isLocal: true,
      ownHosts: [],
      regions: new Map(),
    })
  })

  it('may stand among variables that mean nothing to them, such as bindings', () => {
    expect(complaints({ ...deployed, REGISTRY: {}, SECRET_SHOP__A: 'x' })).toEqual([])
  })

  it('say what models cost, as a table or as JSON', () => {
    const prices = { house: { input: 1, output: 2.5 } }
    for (const MODEL_PRICES of [prices, JSON.stringify(prices)])
      expect(settingsFrom({ ENVIRONMENT: 'local', MODEL_PRICES }).modelPrices).toEqual(prices)
    for (const MODEL_PRICES of ['cheap', { house: { input: -1, output: 0 } }, { house: { input: 1 } }])
      expect(complaints({ ENVIRONMENT: 'local', MODEL_PRICES })).toEqual(['MODEL_PRICES'])
  })

  it('keep the port of an address of our own, so that it is known when it is fetched', () => {
    expect(settingsFrom({ ENVIRONMENT: 'local', PUBLIC_URL: 'http://localhost:8787/' }).ownHosts).toEqual([
      'localhost:8787',
    ])
  })
})

describe('a start is refused', () => {
  it('with every fault at once, of single settings and between settings', () => {
    const bad = {
      ENVIRONMENT: 'production',
      ADMIN_ISSUER: 'x',
      ADMIN_JWKS: 'no json',
      METRICS_TOKEN: 'short',
      PUBLIC_URL: 'ftp://x',
    }
    expect(complaints(bad).sort()).toEqual([
      'ADMIN_ISSUER',
      'ADMIN_JWKS',
      'ADMIN_URL',
      'GATEWAY_KEK',
      'METRICS_TOKEN',
      'PUBLIC_URL',
      'SIGNING_KEYS',
    ])
  })

  it('without an environment, or with one that is no name', () => {
    expect(complaint({})).toContain('ENVIRONMENT: is required')
    for (const ENVIRONMENT of ['', 'Local', 'a b', '1x'])
      expect(complaints({ ...deployed, ENVIRONMENT })).toEqual(['ENVIRONMENT'])
  })

  it('outside the local environment without addresses, or with one host for vendors and operators', () => {
    expect(complaints({ ENVIRONMENT: 'staging' })).toEqual(['PUBLIC_URL', 'ADMIN_URL', 'GATEWAY_KEK', 'SIGNING_KEYS'])
    expect(complaints({ ...deployed, GATEWAY_KEK: btoa('too short') })).toEqual(['GATEWAY_KEK'])
    expect(complaints({ ...deployed, ADMIN_URL: 'http://gate.example.com' })).toEqual(['ADMIN_URL'])
    expect(complaints({ ...deployed, ADMIN_URL: 'https://gate.example.com/admin' })).toEqual(['ADMIN_URL'])
  })

  it('with a part of what operators sign in with', () => {
    for (const name of ['ADMIN_ISSUER', 'ADMIN_AUDIENCE'])
      expect(complaints({ ...deployed, [name]: undefined })).toEqual(['ADMIN_ISSUER'])
  })

  it.each(['http://idp.example.com', 'https://admin.example.com/idp', 'https://10.0.0.1', 'idp.example.com', 'x'])(
    'with an issuer that is not to be fetched: %s',
    ADMIN_ISSUER => {
      expect(complaints({ ...deployed, ADMIN_ISSUER })).toEqual(['ADMIN_ISSUER'])
    },
  )

  it('with a key of its own for operators, but on one machine', () => {
    expect(complaints({ ...deployed, ADMIN_JWKS: jwks })).toEqual(['ADMIN_JWKS'])
    const local = { ENVIRONMENT: 'local', ADMIN_JWKS: jwks }
    expect(settingsFrom(local).admin?.localKeys?.jwks).toMatchObject([{ kid: 'k1' }])
    const beside = { ...local, ADMIN_ISSUER: 'http://127.0.0.1:8789', ADMIN_AUDIENCE: 'a' }
    expect(settingsFrom(beside).admin).toMatchObject({ provider: { issuer: 'http://127.0.0.1:8789' } })
  })

  it.each(['no json', '{}', '{"keys":[]}', '{"keys":[{"kid":"a"}]}', '[]'])(
    'with a key set that is none: %s',
    ADMIN_JWKS => {
      expect(complaints({ ENVIRONMENT: 'local', ADMIN_JWKS })[0]).toMatch(/^ADMIN_JWKS/)
    },
  )

  it('with keys of its own that it could not sign with, none of which it prints', () => {
    const [key] = JSON.parse(signingBindings.SIGNING_KEYS).keys
    const sets = [
      ...[[], [key, key], [key, { ...key, kid: 'b' }, { ...key, kid: 'c' }]],
      ...['kid', 'x', 'd'].map(name => [{ ...key, [name]: undefined }]),
      ...[{ kty: 'RSA' }, { crv: 'P-384' }, { d: 'short' }].map(change => [{ ...key, ...change }]),
    ]
    for (const SIGNING_KEYS of ['no json', '[]', ...sets.map(keys => JSON.stringify({ keys }))]) {
      expect(complaints({ ...deployed, SIGNING_KEYS })).toContain('SIGNING_KEYS')
      expect(complaint({ ...deployed, SIGNING_KEYS })).not.toContain(key.d)
    }
  })

  it('with keys and no name to sign under', () => {
    const local = { ENVIRONMENT: 'local', SIGNING_KEYS: deployed.SIGNING_KEYS }
    expect(complaints(local)).toEqual(['TOKEN_ISSUER'])
    expect(settingsFrom({ ...local, TOKEN_ISSUER: 'http://127.0.0.1:8787/' })).toMatchObject({
      signing: { issuer: 'http://127.0.0.1:8787' },
      ownHosts: ['127.0.0.1:8787'],
    })
  })

  it.each(['gate.example.com', 'ftp://gate.example.com', 'https://', ''])(
    'with an address that is none: %j',
    PUBLIC_URL => {
      expect(complaints({ ...deployed, PUBLIC_URL })).toContain('PUBLIC_URL')
    },
  )

  it('with a value of the wrong type, which is not called missing', () => {
    expect(complaint({ ...deployed, METRICS_TOKEN: 12345 })).toContain('METRICS_TOKEN: ')
    expect(complaint({ ...deployed, METRICS_TOKEN: 12345 })).not.toContain('is required')
  })

  it('without printing what a secret setting holds', () => {
    expect(complaint({ ...deployed, METRICS_TOKEN: 'tooshort', ADMIN_JWKS: '{"secretish":1}' })).not.toMatch(
      /tooshort|secretish/,
    )
  })
})
