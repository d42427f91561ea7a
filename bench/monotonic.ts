/**
 * Milliseconds on the machine's monotonic clock. All processes of one machine share it, so a time taken in
 * one may be subtracted from a time taken in another; `performance.now()` starts anew in each.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
