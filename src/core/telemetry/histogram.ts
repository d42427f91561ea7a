/** Upper bounds of the buckets in which times are counted, in ms; the last bucket has none. */
export const bucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000] as const

/** The bucket of a time, by its upper bound as Prometheus writes it. */
export function bucketOf(ms: number): string {
  return String(bucketsMs.find(bound => ms <= bound) ?? '+Inf')
}
