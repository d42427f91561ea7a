import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import type { DeliveryTerms } from './event.ts'

/** Shards that one source may have. */
export const maxShards = 32

/**
 * How long after a publication the number of shards may be news: 30 days, longer than any dedupe window and
 * than an event can be on its way, so that until then whatever a key had in an earlier home is found.
 */
export const settlingMs = 2_592_000_000

const mask = (1n << 64n) - 1n

/**
 * The shards that a key has had while their number grew to the present one, the present home first and
 * shard 0 last. Jump consistent hash (Lamping and Veach 2014, arXiv 1406.2294) over SHA-256: growing from
 * n to m moves a key only to one of the new shards, and of n keys only the share that the new ones take.
 */
export async function homesOf(key: string, shards: number): Promise<[number, ...number[]]> {
  const homes: [number, ...number[]] = [0]
  if (shards <= 1) return homes
  let state = BigInt(`0x${(await sha256Hex(utf8Bytes(key))).slice(0, 16)}`)
  let shard = 0
  for (;;) {
    state = (state * 2_862_933_555_777_941_757n + 1n) & mask
    shard = Math.floor(((shard + 1) * 2 ** 31) / (Number(state >> 33n) + 1))
    if (shard >= shards) return homes
    homes.unshift(shard)
  }
}

/** A source's terms as one of its shards keeps them: concurrency and rate are of the source, so each has its share. */
export function shareOf(terms: DeliveryTerms, shard: number, shards: number): DeliveryTerms {
  const { concurrency, perSecond } = terms
  const rest = shard < concurrency % shards ? 1 : 0
  return {
    ...terms,
    concurrency: Math.max(1, Math.floor(concurrency / shards) + rest),
    ...(perSecond !== undefined && { perSecond: perSecond / shards }),
  }
}
