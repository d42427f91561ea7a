import { once } from 'node:events'
import type { Server } from 'node:http'
import type { JWK } from 'jose'
import { type ProviderOptions, providerKey, sampleProvider } from '../../../examples/oidc-provider/server.ts'
import { freePort } from '../../../scripts/free-port.ts'
import { browse } from './browser.ts'

export const redirectUri = 'http://127.0.0.1:1/back'
export const audience = 'api://probe'

/** A real identity provider, in this process, that can be stopped, slowed and given other keys, at one address. */
export async function startProvider(format: 'jwt' | 'opaque' = 'jwt', more: Partial<ProviderOptions> = {}) {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const options: Omit<ProviderOptions, 'keys'> = {
    clients: [{ id: 'caller', secret: 'caller-secret', redirectUris: [redirectUri] }],
    audiences: { [audience]: 'read write' },
    format,
    ...more,
  }
  let server: Server | undefined
  const provider = {
    issuer,
    keys: [await providerKey()] as JWK[],
    delayMs: 0,
    /** How often it was asked for its keys. */
    asked: 0,
    async start() {
      const real = sampleProvider(issuer, { ...options, keys: provider.keys })
      const [answer] = real.listeners('request')
      real.removeAllListeners('request')
      real.on('request', async (request, response) => {
        if (request.url === '/jwks') provider.asked++
        if (provider.delayMs > 0) await new Promise(resolve => setTimeout(resolve, provider.delayMs))
        answer?.(request, response)
      })
      server = real.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    async stop() {
      server?.closeAllConnections()
      server?.close()
      if (server) await once(server, 'close')
      server = undefined
    },
    /** Starts anew with a fresh key first, and so many of those before it. */
    async rotate(kept: number) {
      await provider.stop()
      provider.keys = [await providerKey(), ...provider.keys.slice(0, kept)]
      await provider.start()
    },
    /** A token of the client for itself. */
    async token(scope = 'read', headers: Readonly<Record<string, string>> = {}): Promise<string> {
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope })
      return (await tokenAnswer(issuer, body, headers)).access_token
    },
    signIn: (login: string) => signIn(issuer, login),
    /** Does in a browser what a device asks for; with `abort`, refuses it. */
    approve: (url: string, login: string, more: Readonly<Record<string, string>> = {}) =>
      browse(url, { login, password: 'x', ...more }),
  }
  await provider.start()
  return provider
}

const basic = `Basic ${btoa('caller:caller-secret')}`

async function tokenAnswer(issuer: string, body: URLSearchParams, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic, ...headers },
    body,
  })
  const answer = (await response.json()) as { access_token: string }
  if (!response.ok) throw new Error(`the provider gave no token: ${JSON.stringify(answer)}`)
  return answer
}

/** Signs somebody in as a browser would: through the provider's pages, with its cookies, code and PKCE. */
async function signIn(issuer: string, login: string): Promise<string> {
  const verifier = 'v'.repeat(43)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const query = new URLSearchParams({
    ...{ client_id: 'caller', response_type: 'code', redirect_uri: redirectUri, scope: 'openid read write' },
    ...{ resource: audience, code_challenge_method: 'S256' },
    code_challenge: Buffer.from(digest).toString('base64url'),
  })
  const { left, page } = await browse(`${issuer}/auth?${query}`, { login, password: 'x' }, redirectUri)
  const code = new URL(left ?? '').searchParams.get('code')
  if (!code) throw new Error(`no code from ${left}: ${page.slice(0, 300)}`)
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  return (await tokenAnswer(issuer, new URLSearchParams({ ...grant, resource: audience }))).access_token
}
