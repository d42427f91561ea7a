import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { KeySet } from '#core/identity/key-set.ts'

/** Somebody who signs entries, with a key of their own. */
export interface Approver {
  readonly jwk: Record<string, unknown>
  /** A compact JWS over a text. */
  sign(statement: string): Promise<string>
}

export async function approver(alg: 'ES256' | 'EdDSA' = 'ES256', kid = `approver-${alg}`): Promise<Approver> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg },
    sign: statement =>
      new CompactSign(new TextEncoder().encode(statement)).setProtectedHeader({ alg, kid }).sign(privateKey),
  }
}

export const keySetOf = (...approvers: readonly Approver[]) => new KeySet(approvers.map(({ jwk }) => jwk as never))
