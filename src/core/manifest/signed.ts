import canonicalize from 'canonicalize'
import { compactVerify } from 'jose'
import type { Algorithm } from '#core/identity/algorithms.ts'
import type { KeySet } from '#core/identity/key-set.ts'
import type { Pointer } from './entry.ts'

/** With which approvers may sign. */
export const signingAlgorithms = ['ES256', 'EdDSA'] as const satisfies readonly Algorithm[]

export type Signable = Pick<Pointer, 'environment' | 'digest' | 'expiresAt' | 'sequence' | 'shards'>

/**
 * What an approver signs of an entry: canonical JSON (RFC 8785) of what decides which manifest holds where, and how
 * long; of the shards only where there are several.
 */
export function entryStatement(app: string, { environment, digest, expiresAt, sequence, shards }: Signable): string {
  return canonicalize({ app, environment, digest, expiresAt, sequence, ...(shards && { shards }) }) ?? ''
}

/** The same of the fleet rules; without an app, so that neither ever counts as the other. */
export function fleetStatement({ environment, digest, sequence }: Omit<Signable, 'expiresAt' | 'shards'>): string {
  return canonicalize({ environment, digest, sequence }) ?? ''
}

/**
 * Why a signature does not count: a compact JWS (RFC 7515) by one of the approvers' keys, whose payload is the
 * statement byte by byte.
 *
 * @returns `undefined` when it counts
 */
export async function signatureFault(
  signature: string | undefined,
  statement: string,
  approvers: KeySet,
): Promise<string | undefined> {
  if (signature === undefined) return 'is not signed by an approver'
  try {
    const keyFor = async ({ kid, alg }: { kid?: string; alg?: string }) => {
      const algorithm = signingAlgorithms.find(one => one === alg)
      const key = algorithm && (await approvers.find(kid, algorithm))
      if (!key) throw new TypeError('no approver has the key')
      return key
    }
    const { payload } = await compactVerify(signature, keyFor, { algorithms: [...signingAlgorithms] })
    return new TextDecoder().decode(payload) === statement ? undefined : 'is signed for something else'
  } catch {
    return 'has a signature that is of no approver'
  }
}
