import { createRemoteJWKSet, jwtVerify } from 'jose'

/**
 * Who calls an app, as the gateway's own token says; nothing else is believed, so nobody can pass the gateway by.
 *
 * @returns a function of the header `gatehouse-token`, which answers `undefined` where the token proves nothing
 */
export function callerOf(app: string, gateway: string) {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', gateway))
  const options = { issuer: gateway, audience: app, algorithms: ['ES256'], typ: 'gatehouse+jwt' }

  return async (token: string | string[] | undefined): Promise<string | undefined> => {
    try {
      return (await jwtVerify(String(token), keys, options)).payload.sub
    } catch {
      return undefined
    }
  }
}
