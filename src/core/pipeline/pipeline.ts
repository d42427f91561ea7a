import type { Ports } from '#core/ports.ts'
import { LabelSets } from '#core/telemetry/label-sets.ts'
import type { Door, Exchange } from './exchange.ts'
import { finished } from './finish.ts'
import { judged, modeOf, resultOf, shadowed } from './judging.ts'
import { noChange, type Policy, passedUnchanged } from './policy.ts'
import { refusalOf } from './refusal.ts'
import { VerdictPath } from './verdict-path.ts'
import type { StageName, Trail, Walk } from './walk.ts'

const stageLabels = new LabelSets('door', 'stage')

/** The policies of one door, in order, and the path of verdicts on which its walks begin. */
interface Way {
  readonly stages: readonly { readonly name: StageName; readonly steps: readonly Step[] }[]
  readonly start: VerdictPath
}

/** A policy as a walk meets it: all of one shape, which the runtime reads faster than objects of many. */
type Step = Pick<Policy, 'name' | 'isMandatory'> & { readonly policy: Policy; readonly hasAfter: boolean }

function stepOf(policy: Policy): Step {
  const { name, isMandatory, after } = policy
  return { policy, name, isMandatory, hasAfter: after !== undefined }
}

/** Policies by stage. The runner, not the policy, times, counts and (in shadow mode) forgives. */
export class Pipeline {
  readonly stages: Readonly<Partial<Record<StageName, readonly Policy[]>>>
  /** Within a door, the stages run in the order in which they are written. */
  readonly #order: readonly StageName[]
  /** What each door's requests meet, by stage. */
  readonly #ways = new Map<Door, Way>()

  constructor(stages: Partial<Record<StageName, readonly Policy[]>>) {
    this.stages = stages
    this.#order = Object.keys(stages) as StageName[]
  }

  get policies(): Policy[] {
    return this.#order.flatMap(stage => this.stages[stage] ?? [])
  }

  /**
   * Takes a request past every policy and then to its ending. A deny ends the walk; so does a `Fault` that
   * a policy or the ending throws. Anything else thrown is `internal`: the walk fails closed.
   */
  async walk<Reply>(
    start: Exchange,
    ports: Ports,
    ending: (exchange: Exchange) => Promise<Reply>,
  ): Promise<Walk<Reply>> {
    /** Those that have something to do afterwards. */
    const passed: Policy[] = []
    const { stages, start: path } = this.#wayOf(start.door)
    const trail: Trail = { path, stageMs: {} }
    let walk = await this.#walked(start, ports, ending, stages, passed, trail)
    for (let at = passed.length - 1; at >= 0; at--) {
      const policy = passed[at]
      if (!policy) continue
      const ended = finished(policy, walk, ports)
      walk = ended instanceof Promise ? await ended : ended
    }
    ports.counters.countEach(walk.exchange.entry?.app ?? '-', 'policy_verdicts_total', trail.path.labels)
    return walk
  }

  #wayOf(door: Door): Way {
    const known = this.#ways.get(door)
    if (known) return known
    const way = {
      start: new VerdictPath(door),
      stages: this.#order.map(name => ({
        name,
        steps: (this.stages[name] ?? []).filter(({ doors }) => !doors || doors.includes(door)).map(stepOf),
      })),
    }
    this.#ways.set(door, way)
    return way
  }

  async #walked<Reply>(
    start: Exchange,
    ports: Ports,
    ending: (exchange: Exchange) => Promise<Reply>,
    stages: Way['stages'],
    passed: Policy[],
    trail: Trail,
  ): Promise<Walk<Reply>> {
    const exchange: Mutable<Exchange> = { ...start }
    let at = 'ending'
    try {
      let startedMs = ports.clock.now().getTime()
      for (const { name: stage, steps } of stages) {
        let isWaited = false
        for (const { policy, name, isMandatory, hasAfter } of steps) {
          at = name
          const mode = isMandatory ? 'enforce' : modeOf(policy, exchange, ports)
          if (mode === 'off') continue
          const judging = judged(policy, exchange, ports)
          if (judging === passedUnchanged) {
            trail.path = trail.path.with(name, 'pass')
            if (hasAfter) passed.push(policy)
            continue
          }
          const verdict = judging instanceof Promise ? await judging : judging
          isWaited ||= judging instanceof Promise
          trail.path = trail.path.with(name, resultOf(verdict, mode))
          if (verdict.kind === 'deny' && mode === 'enforce') {
            return { kind: 'refused', exchange, trail, refusal: { ...verdict, policy: name, problems: [] } }
          }
          if (verdict.kind === 'answer' && mode === 'enforce')
            return { kind: 'ended', exchange, trail, reply: verdict.response as Reply }
          if (verdict.kind !== 'pass' && mode === 'shadow') {
            shadowed(policy, verdict, exchange, ports)
            continue
          }
          if (hasAfter) passed.push(policy)
          learn(exchange, verdict.kind === 'pass' ? verdict.change : { isDropped: true })
        }
        if (isWaited) startedMs = time(exchange, ports, stage, startedMs, trail)
      }
      at = 'ending'
      return { kind: 'ended', exchange, trail, reply: await ending(exchange) }
    } catch (error) {
      return { kind: 'refused', exchange, trail, refusal: refusalOf(error, at) }
    }
  }
}

/** The exchange as a verdict leaves it. */
export function changed(exchange: Exchange, change: Partial<Exchange>): Exchange {
  const copy = { ...exchange }
  learn(copy, change)
  return copy
}

type Mutable<Type> = { -readonly [Part in keyof Type]: Type[Part] }

/** A walk has an exchange of its own, which is changed where it is: copies would cost more than most policies. */
function learn(exchange: Mutable<Exchange>, change: Partial<Exchange>): void {
  if (change === noChange) return
  const before = exchange.replyHeaders
  Object.assign(exchange, change)
  if (before && change.replyHeaders) exchange.replyHeaders = { ...before, ...change.replyHeaders }
}

/**
 * Only a stage that waited takes any time: on Workers the clock stands still while code runs.
 *
 * @returns now, from when on the next stage that waits counts
 */
function time(exchange: Exchange, ports: Ports, stage: StageName, fromMs: number, trail: Trail): number {
  const nowMs = ports.clock.now().getTime()
  const ms = nowMs - fromMs
  if (ms <= 0) return nowMs
  trail.stageMs[stage] = ms
  ports.counters.count(exchange.entry?.app ?? '-', 'stage_milliseconds_total', stageLabels.of(exchange.door, stage), ms)
  return nowMs
}
