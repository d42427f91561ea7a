import { readFile } from 'node:fs/promises'
import { CompactSign, importJWK, type JWK } from 'jose'
import type { StoredFleet } from '#core/fleet/stored.ts'
import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { entryStatement, fleetStatement } from '#core/manifest/signed.ts'
import { exitCodes, Failure } from '../output.ts'

/** An approver's hand: a compact JWS over a statement. */
export type Sign = (statement: string) => Promise<string>

/**
 * Opens an approver's private key, a JWK for ES256 or EdDSA.
 *
 * @throws Failure that says what the file is not; never what stands in it
 */
export async function readSigner(file: string): Promise<Sign> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`The key ${file} cannot be read: ${error.code}.`, exitCodes.usage)
  })
  const odd = new Failure(`${file} holds no private JWK for ES256 or EdDSA. gatehouse sign --make-key writes one.`)
  const jwk = await parsed(text, odd)
  const alg = jwk.kty === 'OKP' ? 'EdDSA' : 'ES256'
  const key = await importJWK(jwk, alg).catch(() => {
    throw odd
  })
  if (!jwk.d) throw odd
  const header = { alg, ...(jwk.kid && { kid: jwk.kid }) }
  return statement => new CompactSign(new TextEncoder().encode(statement)).setProtectedHeader(header).sign(key)
}

async function parsed(text: string, odd: Failure): Promise<JWK> {
  try {
    return JSON.parse(text) as JWK
  } catch {
    throw odd
  }
}

/**
 * A registry's items with their entries and fleet rules signed.
 *
 * @param environment of the fleet rules, where no entry beside them says it
 * @param again sign also what is signed already
 * @returns the items, and the apps that were signed
 */
export async function signedItems(
  items: readonly RegistryItem[],
  sign: Sign,
  again: boolean,
  environment?: string,
): Promise<{ readonly items: RegistryItem[]; readonly signed: string[] }> {
  const signed: string[] = []
  const all = items.map(async item => {
    if (item.key === keys.fleet) return signedFleet(item)
    if (!item.key.startsWith(keys.pointers)) return item
    const pointer = Pointer.parse(JSON.parse(item.value))
    if (pointer.signature && !again) return item
    const app = item.key.slice(keys.pointers.length)
    signed.push(app)
    return { ...item, value: JSON.stringify({ ...pointer, signature: await sign(entryStatement(app, pointer)) }) }
  })
  return { items: await Promise.all(all), signed }

  async function signedFleet(item: RegistryItem): Promise<RegistryItem> {
    const fleet = JSON.parse(item.value) as StoredFleet
    const beside = items.find(({ key }) => key.startsWith(keys.pointers))
    const where = beside ? Pointer.parse(JSON.parse(beside.value)).environment : environment
    if ((fleet.signature && !again) || where === undefined) return item
    const statement = fleetStatement({ environment: where, digest: fleet.digest, sequence: fleet.sequence })
    signed.push('the fleet rules')
    return { ...item, value: JSON.stringify({ ...fleet, signature: await sign(statement) }) }
  }
}
