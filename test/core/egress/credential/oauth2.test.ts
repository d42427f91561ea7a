import { describe, expect, it } from 'vitest'
import { credentialSecrets, inject, refused } from '#core/egress/credential/broker.ts'
import { Credential } from '#core/manifest/egress-credential.ts'
import { settingsFrom } from '#core/settings/settings.ts'
import { recordingPorts, secretsOf } from '../../../support/ports.ts'

const secrets = secretsOf({ client: 'the client secret', rotated: 'another client secret' })

/** A token endpoint that answers as it is told to, and a clock set by hand. */
function stage(answer: (n: number) => Response | Promise<Response>, over: Record<string, unknown> = {}) {
  const asked: { url: string; headers: Headers; body: string }[] = []
  const under: Promise<unknown>[] = []
  const { ports, pass } = recordingPorts({
    settings: settingsFrom({ ENVIRONMENT: 'local' }),
    upstreams: {
      fetch: async (url, request) => {
        asked.push({ url, headers: new Headers(request.headers), body: String(request.body) })
        return answer(asked.length)
      },
    },
    background: work => void under.push(work),
  })
  const clientId = `c-${crypto.randomUUID()}`
  const credential = Credential.parse({
    as: 'oauth2',
    secret: 'client',
    tokenUrl: 'https://idp.example.com/token',
    clientId,
    ...over,
  })
  return {
    asked,
    pass,
    clientId,
    settled: () => Promise.all(under.splice(0)),
    refuse: async () => refused(credential, await credentialSecrets('shop', credential, secrets)),
    async token(secret = 'client') {
      const found = await credentialSecrets('shop', { ...credential, secret } as Credential, secrets)
      const outgoing = { method: 'GET', url: new URL('https://api.example.com/'), headers: new Headers() }
      const { headers, hidden } = await inject(credential, found, outgoing, ports)
      expect(hidden).toContain(headers.get('authorization')?.slice(7))
      return headers.get('authorization')
    },
  }
}

const issued = (n: number, seconds = 100) =>
  Response.json({ access_token: `token-${n}`, token_type: 'Bearer', expires_in: seconds })

describe('an access token', () => {
  it('is asked for as RFC 6749 says, the client proving itself in the header or in the form', async () => {
    const basic = stage(n => issued(n), { scopes: ['a', 'b'], audience: 'api://x' })
    expect(await basic.token()).toBe('Bearer token-1')
    expect(basic.asked[0]?.body).toBe('grant_type=client_credentials&scope=a+b&audience=api%3A%2F%2Fx')
    expect(basic.asked[0]?.headers.get('authorization')).toBe(`Basic ${btoa(`${basic.clientId}:the+client+secret`)}`)
    const post = stage(n => issued(n), { clientAuth: 'post' })
    await post.token()
    expect(post.asked[0]?.headers.has('authorization')).toBe(false)
    expect(post.asked[0]?.body).toBe(
      `grant_type=client_credentials&client_id=${post.clientId}&client_secret=the+client+secret`,
    )
  })

  it('serves until a fifth of its life is left, and is then fetched anew while it still serves', async () => {
    const idp = stage(n => issued(n))
    expect(await idp.token()).toBe('Bearer token-1')
    idp.pass(79_000)
    expect(await idp.token()).toBe('Bearer token-1')
    expect(idp.asked).toHaveLength(1)
    idp.pass(2_000)
    expect([await idp.token(), await idp.token()]).toEqual(['Bearer token-1', 'Bearer token-1'])
    await idp.settled()
    expect(idp.asked).toHaveLength(2)
    expect(await idp.token()).toBe('Bearer token-2')
  })

  it('is not used in its last seconds, also when the early refresh failed', async () => {
    const idp = stage(n => (n === 2 ? new Response('down', { status: 503 }) : issued(n)))
    await idp.token()
    idp.pass(90_000)
    expect(await idp.token()).toBe('Bearer token-1')
    await idp.settled()
    idp.pass(6_000)
    expect(await idp.token()).toBe('Bearer token-3')
  })

  it('is fetched anew after it was refused, and for a rotated secret', async () => {
    const idp = stage(n => issued(n))
    await idp.token()
    await idp.refuse()
    expect(await idp.token()).toBe('Bearer token-2')
    expect(await idp.token('rotated')).toBe('Bearer token-3')
    expect(await idp.token()).toBe('Bearer token-2')
  })
})

describe('a token endpoint', () => {
  it.each<[string, () => Response | Promise<Response>, string]>([
    [
      'refuses',
      () => Response.json({ error: 'invalid_client', hint: 'the client secret' }, { status: 401 }),
      'answered 401',
    ],
    [
      'redirects',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }),
      'answered 302',
    ],
    ['is down', () => Promise.reject(new TypeError('the client secret')), 'could not be reached'],
    ['answers no JSON', () => new Response('<html>'), 'no bearer token'],
    ['gives another type of token', () => Response.json({ access_token: 'x', token_type: 'mac' }), 'no bearer token'],
    [
      'gives a token with a line end',
      () => Response.json({ access_token: 'x\r\ny: z', token_type: 'bearer' }),
      'no bearer token',
    ],
    ['answers without end', () => new Response('x'.repeat(70_000)), 'no bearer token'],
  ])('that %s is out of reach, and the log learns no secret', async (_, answer, why) => {
    const error = await stage(answer)
      .token()
      .then(
        () => undefined,
        error => error,
      )
    expect(error).toMatchObject({ code: 'issuer-unreachable', detail: expect.stringContaining(why) })
    expect(error.detail).not.toContain('client secret')
  })

  it.each(['https://10.0.0.1/token', 'http://idp.example.com/token', 'https://localhost.:1/token'])(
    '%s is not asked',
    async tokenUrl => {
      const idp = stage(n => issued(n), { tokenUrl })
      await expect(idp.token()).rejects.toMatchObject({ code: 'issuer-unreachable' })
      expect(idp.asked).toEqual([])
    },
  )
})
