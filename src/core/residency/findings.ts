import type { Finding } from '#core/manifest/problems.ts'
import { constantRegion } from './region-of.ts'
import type { Regions } from './regions.ts'
import type { Residency } from './schema.ts'

/** The parts of `spec` that are checked here, as far as they are of the right form. */
export interface Declared {
  /** Without regions it could not be read, and its faults are told elsewhere. */
  readonly residency?: Residency | undefined
  readonly upstreams: readonly { readonly name?: string | undefined; readonly region?: string | undefined }[]
  readonly hasWebhooks: boolean
}

interface Setting {
  readonly isLocal: boolean
  readonly regions: Regions
}

/** What is wrong with where a manifest says its payloads may be, given the operator's regions. */
export function residencyFindings(declared: Declared, setting: Setting): Finding[] {
  const { residency, upstreams } = declared
  const known = [...setting.regions.keys()].join(', ') || 'none'
  const unknown = upstreams.flatMap(({ region }, index) => {
    if (region === undefined || setting.regions.has(region)) return []
    const at = ['spec', 'upstreams', index, 'region']
    return [{ at, reason: `${region} is not a region of this gateway`, remedy: `Known regions: ${known}.` }]
  })
  if (!residency) return [...unknown, ...severalOf(upstreams)]
  if (residency.regions.length === 0) return unknown
  return [
    ...regionFindings(residency, setting, known),
    ...unknown,
    ...outsideFindings(residency, upstreams),
    ...hookFindings(declared, residency),
  ]
}

function regionFindings({ regions }: Residency, { isLocal, regions: set }: Setting, known: string): Finding[] {
  return regions.flatMap((name, index) => {
    const at = ['spec', 'residency', 'regions', index]
    const region = set.get(name)
    if (!region) return [{ at, reason: `${name} is not a region of this gateway`, remedy: `Known regions: ${known}.` }]
    if (region.jurisdiction || isLocal) return []
    const remedy = 'Use a region with a jurisdiction, or ask the operator to give this one one in `REGIONS`.'
    return [{ at, reason: `${name} is only a hint, which nothing binds`, remedy }]
  })
}

/** Every upstream must stand in one of the regions, and every region must have one to deliver to. */
function outsideFindings({ regions }: Residency, upstreams: Declared['upstreams']): Finding[] {
  const twice = upstreams.flatMap(({ name, region }, index) => {
    const first = upstreams.findIndex(other => other.name === name && other.region === region)
    if (name === undefined || region === undefined || first === index) return []
    const at = ['spec', 'upstreams', index]
    return [{ at, reason: `is ${name} in ${region} again`, remedy: 'Keep one of the two.' }]
  })
  const outside = upstreams.flatMap(({ region }, index) => {
    if (region !== undefined && regions.includes(region)) return []
    const at = ['spec', 'upstreams', index, 'region']
    const reason = region === undefined ? 'is required under `residency`' : `${region} is outside residency.regions`
    return [{ at, reason, remedy: `Say where the upstream stands: ${regions.join(' | ')}.` }]
  })
  const without = regions.filter(name => !upstreams.some(one => one.name === 'stable' && one.region === name))
  return [
    ...twice,
    ...outside,
    ...without.map(name => ({
      at: ['spec', 'upstreams'],
      reason: `has none named stable in the region ${name}`,
      remedy: `Add one with \`region: ${name}\`, or take ${name} out of residency.regions.`,
    })),
  ]
}

/** Without residency nothing would choose among several of a name. */
function severalOf(upstreams: Declared['upstreams']): Finding[] {
  const isAgain = ({ name }: Declared['upstreams'][number], index: number) =>
    name !== undefined && upstreams.findIndex(other => other.name === name) < index
  return upstreams.flatMap((upstream, index) =>
    isAgain(upstream, index)
      ? [
          {
            at: ['spec', 'upstreams', index, 'name'],
            reason: `is ${upstream.name} again, and there is no residency to choose by`,
            remedy: 'Add `residency`, or name one upstream only.',
          },
        ]
      : [],
  )
}

/** A vendor's servers move and its headers are not signed, so at `/hooks` only the body names a region. */
function hookFindings({ hasWebhooks }: Declared, residency: Residency): Finding[] {
  const { by } = residency
  if (!hasWebhooks || !by || by.pointer !== undefined || constantRegion(residency) !== undefined) return []
  const what = by.geo ? 'an address' : by.claim === undefined ? 'an unsigned header' : 'a token'
  return [
    {
      at: ['spec', 'residency', 'default'],
      reason: `is required: a webhook does not name its region by ${what}, so every one would be denied`,
      remedy: 'Add `default`, or name the region by a `pointer` into the body.',
    },
  ]
}
