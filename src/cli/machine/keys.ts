import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { localIssuer } from '#core/identity/local-issuer.ts'
import type { statePaths } from './paths.ts'

/** What the gateway on one machine is told of its keys, as the variables it reads. */
export type LocalKeys = Readonly<Record<'ADMIN_JWKS' | 'GATEWAY_KEK' | 'SIGNING_KEYS', string>>

/** `keys.json`. */
interface Keys {
  /** What the gateway signs the tokens of apps with. */
  readonly signing: readonly JWK[]
  /** What operator tokens are signed with, here where no identity provider does. */
  readonly operator: JWK
  /** 32 bytes as base64. */
  readonly keyEncryption: string
}

/**
 * Opens the keys of this machine, making them at the first start (mode 0600), and mints an operator token
 * of 12 hours into `<state>/operator-token`, where the CLI finds it.
 */
export async function localKeys(paths: ReturnType<typeof statePaths>, now: Date): Promise<LocalKeys> {
  await mkdir(paths.state, { recursive: true })
  const { signing, operator, keyEncryption } = await openKeys(paths.keys)
  const token = await new SignJWT({ roles: ['operator', 'author', 'viewer'] })
    .setProtectedHeader({ alg: 'ES256', kid: operator.kid ?? '' })
    .setIssuer(localIssuer.issuer)
    .setAudience(localIssuer.audience)
    .setSubject('local-operator')
    .setIssuedAt(now)
    .setExpirationTime(new Date(now.getTime() + 12 * 3_600_000))
    .sign(await importJWK(operator, 'ES256'))
  await writeFile(paths.operatorToken, token, { mode: 0o600 })
  const { d: _private, ...publicKey } = operator
  return {
    ADMIN_JWKS: JSON.stringify({ keys: [publicKey] }),
    GATEWAY_KEK: keyEncryption,
    SIGNING_KEYS: JSON.stringify({ keys: signing }),
  }
}

/** The password with which people sign in at the sample identity provider: whoever knows it can be an operator here. */
export async function samplePassword({ state, samplePassword: file }: ReturnType<typeof statePaths>): Promise<string> {
  const stored = await readFile(file, 'utf8').catch(() => '')
  if (stored) return stored
  await mkdir(state, { recursive: true })
  const password = randomBytes(12).toString('base64url')
  await writeFile(file, password, { mode: 0o600 })
  return password
}

/** Whatever is not there yet is made. */
async function openKeys(file: string): Promise<Keys> {
  const stored = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Partial<Keys>
  if (stored.signing && stored.operator && stored.keyEncryption) return stored as Keys
  const keys: Keys = {
    signing: [await freshKey()],
    operator: await freshKey(),
    keyEncryption: randomBytes(32).toString('base64'),
    ...stored,
  }
  await writeFile(file, JSON.stringify(keys, null, 2), { mode: 0o600 })
  return keys
}

async function freshKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'ES256', use: 'sig' }
}
