import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

/** Callers that take turns, each with an app of its own. */
export const callersAtOnce = 10

export interface Callers {
  readonly issuer: string
  /** One token for each caller, ES256, for the audience `bench` with the scope `items:read`. */
  readonly tokens: readonly string[]
  /** The issuer's key as PEM, for those that fetch no key sets. */
  readonly publicKey: string
  stop(): void
}

/** An issuer with one key, which it publishes, and tokens of it that outlast the benchmark. */
export async function startCallers(): Promise<Callers> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [key] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const tokens = await Promise.all(
    Array.from({ length: callersAtOnce }, (_, n) =>
      new SignJWT({ scope: 'items:read' })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience('bench')
        .setSubject(`caller-${n}`)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  )
  return { issuer, tokens, publicKey: await exportSPKI(publicKey), stop: () => server.close() }
}

/** A GET as it goes over the wire; its headers are those of an ordinary client. */
export function requestOf(app: string, token: string): string {
  return [
    `GET /apps/${app}/v1/items?page=1 HTTP/1.1`,
    'host: gate.example.com',
    'accept: application/json',
    'user-agent: bench/1.0',
    `authorization: Bearer ${token}`,
    '',
    '',
  ].join('\r\n')
}
