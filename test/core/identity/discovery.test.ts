import { describe, expect, it } from 'vitest'
import { discover } from '#core/identity/discovery.ts'

const issuer = 'https://idp.example.com'
const jwk = { kty: 'EC', crv: 'P-256', kid: 'one', x: 'x', y: 'y' }
const setting = { isLocal: false, ownHosts: ['gate.example.com'] }

/** An issuer that answers by URL; what it was asked comes back beside what was found. */
async function discovered(
  pages: Readonly<Record<string, unknown>>,
  from = { issuer } as { issuer: string; jwksUri?: string },
) {
  const asked: string[] = []
  const fetch = async (url: string, { redirect }: RequestInit): Promise<Response> => {
    asked.push(`${redirect} ${url}`)
    const page = pages[url]
    if (page instanceof Response) return page
    return page === undefined ? new Response(null, { status: 404 }) : Response.json(page)
  }
  const result = await discover(from, { fetch }, setting).catch(error => String(error))
  return { asked, result }
}

const configuration = `${issuer}/.well-known/openid-configuration`
const metadata = { issuer, jwks_uri: `${issuer}/keys`, introspection_endpoint: `${issuer}/introspect` }

describe('an issuer is asked', () => {
  it('where its discovery document says, and no redirect is followed', async () => {
    const { asked, result } = await discovered({ [configuration]: metadata, [`${issuer}/keys`]: { keys: [jwk] } })
    expect(asked).toEqual([`manual ${configuration}`, `manual ${issuer}/keys`])
    expect(result).toEqual({ keys: [jwk], introspectionEndpoint: `${issuer}/introspect`, maxAgeSeconds: undefined })
  })

  it('at `jwksUri` alone, where it is given', async () => {
    const jwksUri = 'https://keys.example.com/set'
    const { asked, result } = await discovered({ [jwksUri]: { keys: [jwk] } }, { issuer, jwksUri })
    expect(asked).toEqual([`manual ${jwksUri}`])
    expect(result).toMatchObject({ keys: [jwk] })
  })

  it('below its path, and by RFC 8414 where it does not know OpenID', async () => {
    const tenant = `${issuer}/tenant/`
    const place = `${issuer}/.well-known/oauth-authorization-server/tenant`
    const pages = { [place]: { ...metadata, issuer: tenant }, [`${issuer}/keys`]: { keys: [jwk] } }
    const { asked, result } = await discovered(pages, { issuer: tenant })
    expect(asked[0]).toBe(`manual ${issuer}/tenant/.well-known/openid-configuration`)
    expect(result).toMatchObject({ keys: [jwk] })
  })

  it('and says for how long its keys may be remembered', async () => {
    const keys = Response.json({ keys: [jwk] }, { headers: { 'cache-control': 'public, s-maxage=9, max-age=120' } })
    const { result } = await discovered({ [configuration]: metadata, [`${issuer}/keys`]: keys })
    expect(result).toMatchObject({ maxAgeSeconds: 120 })
  })

  it('of keys it gives, only public parts of known forms are read', async () => {
    const keys = [{ ...jwk, d: 'private' }, { kty: 'oct', k: 'secret' }, 'no key', null, { kid: 'none' }]
    const { result } = await discovered({ [configuration]: metadata, [`${issuer}/keys`]: { keys } })
    expect(result).toMatchObject({ keys: [jwk, { kty: 'oct' }] })
    expect(JSON.stringify(result)).not.toMatch(/private|secret/)
  })
})

describe('an issuer is not believed', () => {
  const unsafe = (jwks_uri: string) => ({ [configuration]: { ...metadata, jwks_uri } })
  const keysAt = (keys: unknown) => ({ [configuration]: metadata, [`${issuer}/keys`]: keys })

  it.each([
    ['that names another issuer', { [configuration]: { ...metadata, issuer: `${issuer}/` } }, 'names the issuer'],
    ['that redirects', { [configuration]: Response.redirect('https://evil.example.com') }, 'answered 302'],
    ['whose keys are at an address', unsafe('https://169.254.169.254/keys'), 'IP address'],
    ['whose keys are not safe on the way', unsafe('http://idp.example.com/keys'), 'must be https'],
    ['whose keys are on this machine', unsafe('http://127.0.0.1/keys'), 'must be https'],
    ['whose keys are the gateway’s', unsafe('https://gate.example.com/.well-known/jwks.json'), 'own address'],
    ['whose key set redirects', keysAt(Response.redirect('https://evil.example.com')), 'answered 302'],
    ['whose key set is none', keysAt({ keys: 'x' }), 'expected array'],
    ['whose key set is no JSON', keysAt(new Response('<html>')), 'JSON'],
    ['whose key set is empty', keysAt({ keys: [] }), 'publishes no key'],
    ['whose key set is too large', keysAt(new Response(`{"keys":[],"x":"${'x'.repeat(262_144)}"}`)), 'more than'],
    ['whose key set has too many keys', keysAt({ keys: Array(101).fill(jwk) }), '100'],
  ])('%s', async (_, pages, why) => {
    expect((await discovered(pages)).result).toContain(why)
  })
})
