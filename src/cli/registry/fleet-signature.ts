import { digestOf } from '#core/manifest/digest.ts'
import { fleetStatement } from '#core/manifest/signed.ts'
import { type AdminOptions, callAdmin } from '../client/admin.ts'
import type { Sign } from './signer.ts'

/** What an approver signs of fleet rules, and their signature over it. */
export interface FleetSignature {
  readonly environment: string
  readonly digest: string
  readonly sequence: number
  readonly signature: string
}

/**
 * Signs fleet rules for a gateway, as those that follow the ones in force there. Rules that somebody else puts in force
 * meanwhile make the signature void.
 */
export async function fleetSignature(
  documents: readonly unknown[],
  gateway: AdminOptions,
  sign: Sign,
): Promise<FleetSignature> {
  const standing = (await callAdmin('fleet', gateway)) as {
    readonly environment: string
    readonly nextSequence: number
  }
  const { environment, nextSequence: sequence } = standing
  const digest = await digestOf(documents)
  return { environment, digest, sequence, signature: await sign(fleetStatement({ environment, digest, sequence })) }
}
