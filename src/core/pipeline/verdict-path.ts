/** Paths that one root remembers; walks beyond it have paths of their own. */
const rememberedAtMost = 10_000

type Labels = Readonly<Record<string, string>>

/**
 * What the policies of a walk have said, one after the other. Walks that met the same verdicts share one path:
 * it is written down and counted as one thing, however many policies stand in it.
 */
export class VerdictPath {
  /** `pass`, `drop`, `deny`, `answer`, or `would-` before one of the last three, by the policy's name. */
  readonly verdicts: Labels
  /** The same as a part of a record. */
  readonly record: { readonly verdicts: Labels }
  /** The labels of each verdict, for the counters. */
  readonly labels: readonly Labels[]
  readonly #door: string
  readonly #memory: { paths: number }
  readonly #next = new Map<string, VerdictPath>()
  #usual: { readonly policy: string; readonly verdict: string; readonly path: VerdictPath } | undefined

  /** The empty path of a door. */
  constructor(door: string, verdicts: Labels = {}, labels: readonly Labels[] = [], memory = { paths: 0 }) {
    this.#door = door
    this.#memory = memory
    this.verdicts = Object.freeze(verdicts)
    this.record = Object.freeze({ verdicts })
    this.labels = Object.freeze(labels)
  }

  /** The path with one verdict more. */
  with(policy: string, verdict: string): VerdictPath {
    if (this.#usual?.policy === policy && this.#usual.verdict === verdict) return this.#usual.path
    const key = `${policy} ${verdict}`
    const known = this.#next.get(key)
    if (known) return known
    const labels = Object.freeze({ door: this.#door, policy, verdict })
    const verdicts = { ...this.verdicts, [policy]: verdict }
    const path = new VerdictPath(this.#door, verdicts, [...this.labels, labels], this.#memory)
    if (this.#memory.paths < rememberedAtMost) {
      this.#memory.paths += 1
      this.#next.set(key, path)
      this.#usual ??= { policy, verdict, path }
    }
    return path
  }
}
