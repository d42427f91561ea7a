import { type MailboxAddress, mailboxName, mailboxOf } from '#core/delivery/event-id.ts'
import { anyRegion, type Region, type Regions, RegionsSetting } from '#core/residency/regions.ts'
import type { Env, Objects } from './env.ts'

/** The bucket of each region, `any` among them. */
export type Buckets = ReadonlyMap<string, R2Bucket>

/** The bindings of what stands in no region. */
const unbound = { bucket: 'PAYLOADS', deadLetters: 'DEAD_LETTERS', spill: 'SPILL' } as const

/** The operator's regions, as wrangler.toml sets them up. */
export function regionsOf({ REGIONS }: Pick<Env, 'REGIONS'>): Regions {
  return RegionsSetting.parse(REGIONS ?? {})
}

export function bucketsOf(env: Env): Buckets {
  const named = [...regionsOf(env)].map(([name, { bucket }]) => [name, bound<R2Bucket>(env, bucket)] as const)
  return new Map([[anyRegion, env[unbound.bucket]], ...named])
}

/** The queue that takes the dead letters of a region. */
export function deadLettersOf(env: Env, region: string): Queue {
  return bound<Queue>(env, regionsOf(env).get(region)?.deadLetters ?? unbound.deadLetters)
}

/** The queue that takes the events of a region that no mailbox could take. */
export function spillOf(env: Env, region: string): Queue {
  return bound<Queue>(env, regionsOf(env).get(region)?.spill ?? unbound.spill)
}

/** @throws when the region of the event is none of this gateway's (any more) */
export function bucketOf(buckets: Buckets, eventId: string): R2Bucket {
  const bucket = buckets.get(mailboxOf(eventId)?.region ?? '')
  if (!bucket) throw new Error(`${eventId} names no region of this gateway`)
  return bucket
}

/**
 * The object of a mailbox in the place where its region must be. The emulator knows no jurisdictions; there
 * the region is only part of the name.
 *
 * @returns `undefined` when the region is none of this gateway's
 */
export function objectAt<Target>(
  objects: Objects<Target>,
  address: MailboxAddress,
  regions: Regions,
  isLocal: boolean,
): ReturnType<Objects<Target>['getByName']> | undefined {
  return placed(objects, address.region, mailboxName(address), regions, isLocal)
}

/** The object of a name in the place where its region must be; as `objectAt`. */
export function placed<Target>(
  objects: Objects<Target>,
  regionName: string,
  name: string,
  regions: Regions,
  isLocal: boolean,
): ReturnType<Objects<Target>['getByName']> | undefined {
  if (regionName === anyRegion) return objects.getByName(name)
  const region = regions.get(regionName)
  if (!region) return undefined
  if (isLocal) return objects.getByName(name)
  const { jurisdiction, hint } = region
  if (jurisdiction) return objects.jurisdiction(jurisdiction).getByName(name)
  return hint ? objects.getByName(name, { locationHint: hint }) : undefined
}

/**
 * Every binding that the regions name.
 *
 * @throws Error that lists those that are not there
 */
export function assertBound(env: Env, regions: Regions): void {
  const named = [...regions].flatMap(([name, region]) => bindingsOf(region).map(binding => ({ name, binding })))
  const missing = named.filter(({ binding }) => !(binding in env))
  if (missing.length === 0) return
  const lines = missing.map(({ name, binding }) => `  REGIONS.${name}: wrangler.toml binds no ${binding}`)
  throw new Error(`Gatehouse cannot start; these regions need mending:\n${lines.join('\n')}`)
}

function bindingsOf({ bucket, deadLetters, spill }: Region): string[] {
  return [bucket, deadLetters, spill]
}

function bound<Binding>(env: Env, name: string): Binding {
  return (env as unknown as Record<string, Binding>)[name] as Binding
}
