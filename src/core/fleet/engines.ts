import type { FleetRules } from '#core/ports.ts'
import { celEngine, type PolicyEngine } from './engine.ts'
import type { KnownRules } from './known.ts'
import type { Fleet } from './stored.ts'

/**
 * The engines that judge requests: our own while there are rules over requests, and those that are always asked.
 * Made once for each set of rules.
 */
export function requestEngines(known: KnownRules, others: readonly PolicyEngine[] = []): FleetRules {
  let made: { readonly fleet: Fleet; readonly engines: readonly PolicyEngine[] } | undefined
  const enginesOf = (fleet: Fleet) => {
    if (made?.fleet !== fleet)
      made = { fleet, engines: fleet.rules.length > 0 ? [celEngine(fleet), ...others] : others }
    return made.engines
  }
  return {
    atRequest() {
      const fleet = known.find()
      return fleet instanceof Promise ? fleet.then(enginesOf) : enginesOf(fleet)
    },
  }
}
