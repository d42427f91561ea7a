import type { ClaimPlace, Claims } from '#core/idempotency/claim.ts'
import { within } from '#core/within.ts'
import type { Env } from '../env.ts'
import { placed, regionsOf } from '../places.ts'

/** How long the store has to answer; a request without its claim is refused. */
const claimTimeoutMs = 2_000

/** Claims in Durable Objects of the request's region: 256 for each app, by the first byte of the claim's id. */
export function durableClaims(env: Pick<Env, 'CLAIMS' | 'REGIONS' | 'ENVIRONMENT'>): Claims {
  const regions = regionsOf(env)
  const isLocal = env.ENVIRONMENT === 'local'
  const at = ({ region, app }: ClaimPlace, id: string) => {
    const object = placed(env.CLAIMS, region, `${region}~${app}~${id.slice(0, 2)}`, regions, isLocal)
    if (!object) throw new Error(`${region} is no region of this gateway`)
    return object
  }
  return {
    claim: async (place, id, fingerprint, holdMs) =>
      within(claimTimeoutMs, at(place, id).claim(id, fingerprint, holdMs)),
    look: async (place, id, fingerprint) => within(claimTimeoutMs, at(place, id).look(id, fingerprint)),
    settle: async (place, id, token, ending) => within(claimTimeoutMs, at(place, id).settle(id, token, ending)),
  }
}
