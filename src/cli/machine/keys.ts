import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import type { statePaths } from './paths.ts'

/** What tells the gateway on one machine whom to take for an operator. */
export interface LocalAdmin {
  readonly ADMIN_ISSUER: string
  readonly ADMIN_AUDIENCE: string
  readonly ADMIN_JWKS: string
}

const issuer = 'gatehouse:local'
const audience = 'gatehouse:admin'

/**
 * Opens the keys of this machine, making them at the first start (mode 0600), and mints an operator token
 * of 12 hours into `<state>/operator-token`, where the CLI finds it.
 */
export async function localAdmin(paths: ReturnType<typeof statePaths>, now: Date): Promise<LocalAdmin> {
  await mkdir(paths.state, { recursive: true })
  const signing = await signingKey(paths.keys)
  const token = await new SignJWT({ roles: ['operator', 'viewer'] })
    .setProtectedHeader({ alg: 'ES256', kid: signing.kid ?? '' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('local-operator')
    .setIssuedAt(now)
    .setExpirationTime(new Date(now.getTime() + 12 * 3_600_000))
    .sign(await importJWK(signing, 'ES256'))
  await writeFile(paths.operatorToken, token, { mode: 0o600 })
  const { d: _private, ...publicKey } = signing
  return { ADMIN_ISSUER: issuer, ADMIN_AUDIENCE: audience, ADMIN_JWKS: JSON.stringify({ keys: [publicKey] }) }
}

async function signingKey(file: string): Promise<JWK> {
  const stored = await readFile(file, 'utf8').catch(() => undefined)
  if (stored) return JSON.parse(stored).signing[0]
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key: JWK = { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'ES256', use: 'sig' }
  await writeFile(file, JSON.stringify({ signing: [key] }, null, 2), { mode: 0o600 })
  return key
}
