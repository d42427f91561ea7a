import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import type { statePaths } from './paths.ts'

/** What the gateway on one machine is told of its keys, as the variables it reads. */
export type LocalKeys = Readonly<Record<'ADMIN_ISSUER' | 'ADMIN_AUDIENCE' | 'ADMIN_JWKS' | 'GATEWAY_KEK', string>>

/** `keys.json`. */
interface Keys {
  readonly signing: readonly JWK[]
  /** 32 bytes as base64. */
  readonly keyEncryption: string
}

const issuer = 'gatehouse:local'
const audience = 'gatehouse:admin'

/**
 * Opens the keys of this machine, making them at the first start (mode 0600), and mints an operator token
 * of 12 hours into `<state>/operator-token`, where the CLI finds it.
 */
export async function localKeys(paths: ReturnType<typeof statePaths>, now: Date): Promise<LocalKeys> {
  await mkdir(paths.state, { recursive: true })
  const { signing: all, keyEncryption } = await openKeys(paths.keys)
  const [signing = {}] = all
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
  return {
    ADMIN_ISSUER: issuer,
    ADMIN_AUDIENCE: audience,
    ADMIN_JWKS: JSON.stringify({ keys: [publicKey] }),
    GATEWAY_KEK: keyEncryption,
  }
}

async function openKeys(file: string): Promise<Keys> {
  const stored = await readFile(file, 'utf8').catch(() => undefined)
  if (stored) return JSON.parse(stored)
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const signing: JWK = { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'ES256', use: 'sig' }
  const keys: Keys = { signing: [signing], keyEncryption: randomBytes(32).toString('base64') }
  await writeFile(file, JSON.stringify(keys, null, 2), { mode: 0o600 })
  return keys
}
