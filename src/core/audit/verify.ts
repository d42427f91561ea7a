import * as z from 'zod'
import { hashOf, noHash } from './record.ts'

const Link = z.looseObject({ auditseq: z.int(), prevhash: z.string() })

/** Where a chain stands: how many records, and the hash of the last. */
export interface Head {
  readonly seq: number
  readonly hash: string
}

/** What is known of a chain's end besides its records, so that a record cut off there is missed. */
export interface Expected {
  /** What stood before the first record given. */
  readonly start?: Head
  /** Where the chain ends, as whoever wrote it remembers. */
  readonly end: Head
}

export interface ChainVerdict {
  readonly ok: boolean
  /** Records that were looked at. */
  readonly records: number
  /** The number of the first record that is wrong, or missing. */
  readonly brokenAt?: number
}

/**
 * Follows a chain from its start: every record must have the next number and name the hash of the one
 * before it, and the last must be the one that the end names. A record that was edited, removed, added or
 * moved is found by its successor, the last one by the end.
 */
export async function verifyChain(
  records: AsyncIterable<unknown> | Iterable<unknown>,
  { start = { seq: 0, hash: noHash }, end }: Expected,
): Promise<ChainVerdict> {
  let { seq, hash } = start
  let count = 0
  for await (const record of records) {
    const link = Link.safeParse(record)
    count += 1
    if (!link.success || link.data.auditseq !== seq + 1) return { ok: false, records: count, brokenAt: seq + 1 }
    // What this record names is the one before it, so that is where the chain is broken.
    if (link.data.prevhash !== hash) return { ok: false, records: count, brokenAt: Math.max(seq, 1) }
    seq += 1
    hash = await hashOf(record)
  }
  if (seq < end.seq) return { ok: false, records: count, brokenAt: seq + 1 }
  return seq > end.seq || hash !== end.hash
    ? { ok: false, records: count, brokenAt: Math.min(seq, end.seq) || 1 }
    : { ok: true, records: count }
}
