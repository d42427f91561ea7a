import { utf8Bytes } from '#core/encoding.ts'

/** Whether two texts are equal, in a time that tells nothing of where they differ or how long the expected one is. */
export async function constantTimeEqual(given: string, expected: string): Promise<boolean> {
  const digests = await Promise.all([given, expected].map(text => crypto.subtle.digest('SHA-256', utf8Bytes(text))))
  const [one, other] = digests.map(digest => new Uint8Array(digest))
  let difference = 0
  for (let at = 0; at < 32; at++) difference |= (one?.[at] ?? 0) ^ (other?.[at] ?? 1)
  return difference === 0
}
