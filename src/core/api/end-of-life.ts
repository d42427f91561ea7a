/** The last days of an app, in which its callers are told to leave. */
const noticeMs = 30 * 86_400_000

/**
 * What callers of an app hear of its end in its last 30 days: `Deprecation` (RFC 9745), since when, and
 * `Sunset` (RFC 8594), until when. `undefined` before.
 *
 * @param leavingSince when it was said that the app goes, if it was
 */
export function endOfLifeHeaders(
  expiresAt: Date,
  now: Date,
  leavingSince?: Date,
): Readonly<Record<string, string>> | undefined {
  const noticedMs = Math.min(expiresAt.getTime() - noticeMs, leavingSince?.getTime() ?? Number.POSITIVE_INFINITY)
  if (now.getTime() < noticedMs) return undefined
  return { deprecation: `@${Math.floor(noticedMs / 1000)}`, sunset: expiresAt.toUTCString() }
}
