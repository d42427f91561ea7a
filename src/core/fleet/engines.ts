import type { FleetRules } from '#core/ports.ts'
import { celEngine, type PolicyEngine } from './engine.ts'
import type { KnownRules } from './known.ts'
import type { Point } from './schema.ts'
import type { Fleet } from './stored.ts'

/**
 * The engines that judge: our own while there are rules, and another one at the points where it is asked. Those of
 * requests are made once for each set of rules.
 */
export function fleetEngines(
  known: KnownRules,
  other?: { readonly engine: PolicyEngine; readonly points: readonly Point[] },
): FleetRules {
  const othersAt = (point: Point) => (other?.points.includes(point) ? [other.engine] : [])
  const others = othersAt('request')
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
    atPublish: fleet => [celEngine(fleet), ...othersAt('publish')],
  }
}
