import { fleetStatement, signatureFault } from '#core/manifest/signed.ts'
import type { Settings } from '#core/settings/settings.ts'
import { parsedFleet } from './stored.ts'

/** Decides whether fleet rules that storage gave back may be used. */
export interface FleetTrust {
  /**
   * Why they may not; `undefined` when they may.
   *
   * @param highest the highest sequence that they are known to have had; `undefined` when nobody can say
   */
  fault(stored: unknown, highest: number | undefined): Promise<string | undefined>
}

/**
 * Where entries must be signed, so must the fleet rules be, and they may neither go back nor go missing: whoever can
 * write to storage cannot take a rule away.
 */
export function fleetTrust({ environment, approvers }: Pick<Settings, 'environment' | 'approvers'>): FleetTrust {
  return {
    async fault(stored, highest) {
      if (!approvers) return undefined
      if (highest === undefined) return 'cannot be told from older ones: the switchboard is away'
      if (stored === undefined) return highest === 0 ? undefined : 'are gone'
      const fleet = parsedFleet(stored)
      if (!fleet) return 'are malformed'
      const { digest, sequence, signature } = fleet
      if (sequence < highest) return `have the sequence ${sequence}, and ${highest} was in force`
      const fault = await signatureFault(signature, fleetStatement({ environment, digest, sequence }), approvers)
      return fault && `count for nothing: what is stored ${fault}`
    },
  }
}
