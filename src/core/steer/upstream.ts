import { Fault } from '#core/fault.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { upstreamIn } from '#core/residency/upstream.ts'
import { upstreamKey } from './judge.ts'

/** Where a request goes: the base URL, and the key under which its outcomes are counted. */
export interface ChosenUpstream {
  readonly key: string
  readonly url: string
}

/** The app's upstream of a name in the request's region, if there is one. */
export function upstreamNamed(name: 'stable' | 'canary', exchange: Exchange): ChosenUpstream | undefined {
  const upstream = upstreamIn(settled(exchange, 'entry').manifest.spec, name, settled(exchange, 'region'))
  return upstream && { key: upstreamKey(upstream), url: upstream.url }
}

/**
 * Where a request goes: what the roll-out has chosen, or else stable.
 *
 * @throws Fault `region-denied` where none stands in the request's region
 */
export function upstreamOf(exchange: Exchange): ChosenUpstream {
  const upstream = exchange.upstream ?? upstreamNamed('stable', exchange)
  if (upstream) return upstream
  throw new Fault('region-denied', `${exchange.app} has no upstream in ${exchange.region}`)
}
