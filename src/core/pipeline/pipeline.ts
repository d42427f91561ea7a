import { Fault } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import type { Door, Exchange } from './exchange.ts'
import { deny, type Finish, type Mode, noChange, type Policy, type Verdict, type Withheld } from './policy.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import { VerdictPath } from './verdict-path.ts'

/** Stages in the order in which a request meets them, cheap ones first. */
export const stageNames = ['admit', 'identify', 'authorize', 'limit', 'inspect', 'steer'] as const

export type StageName = (typeof stageNames)[number]

/** What a walk met on its way, for the record of the request. */
export interface Trail {
  /** What each policy said. */
  path: VerdictPath
  /** Milliseconds of the stages that took any, waiting included. */
  readonly stageMs: Partial<Record<StageName, number>>
}

/** How a walk ended; `exchange` is as far as it got. */
export type Walk<Reply> = { readonly trail: Trail } & (
  | { readonly kind: 'ended'; readonly reply: Reply; readonly exchange: Exchange }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly exchange: Exchange }
)

/** The policies of one door, in order, and the path of verdicts on which its walks begin. */
interface Way {
  readonly stages: readonly { readonly name: StageName; readonly policies: readonly Policy[] }[]
  readonly start: VerdictPath
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
    const passed: Policy[] = []
    const { stages, start: path } = this.#wayOf(start.door)
    const trail: Trail = { path, stageMs: {} }
    let walk = await this.#walked(start, ports, ending, stages, passed, trail)
    for (const policy of passed.reverse()) {
      if (!policy.after) continue
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
        policies: (this.stages[name] ?? []).filter(({ doors }) => !doors || doors.includes(door)),
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
    let exchange = start
    let at = 'ending'
    try {
      let startedMs = ports.clock.now().getTime()
      for (const { name: stage, policies } of stages) {
        for (const policy of policies) {
          at = policy.name
          const mode = modeOf(policy, exchange, ports)
          if (mode === 'off') continue
          const judging = judged(policy, exchange, ports)
          const verdict = judging instanceof Promise ? await judging : judging
          trail.path = trail.path.with(policy.name, resultOf(verdict, mode))
          if (verdict.kind === 'deny' && mode === 'enforce') {
            return { kind: 'refused', exchange, trail, refusal: { ...verdict, policy: policy.name, problems: [] } }
          }
          if (verdict.kind === 'answer' && mode === 'enforce')
            return { kind: 'ended', exchange, trail, reply: verdict.response as Reply }
          if (verdict.kind !== 'pass' && mode === 'shadow') {
            shadowed(policy, verdict, exchange, ports)
            continue
          }
          passed.push(policy)
          exchange = changed(exchange, verdict.kind === 'pass' ? verdict.change : { isDropped: true })
        }
        startedMs = time(exchange, ports, stage, startedMs, trail)
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
  if (change === noChange) return exchange
  const replyHeaders = change.replyHeaders && { ...exchange.replyHeaders, ...change.replyHeaders }
  return { ...exchange, ...change, ...(replyHeaders && { replyHeaders }) }
}

/** How a policy is set for the request. */
export function modeOf(policy: Policy, exchange: Exchange, ports: Ports): Mode {
  const spec = exchange.entry?.manifest.spec
  if (policy.isMandatory || !spec) return 'enforce'
  return policy.modeIn?.(spec, ports.settings) ?? spec.policies[policy.name]?.mode ?? 'enforce'
}

/** A `Fault` that a policy throws is its verdict; it came from deeper down, where a value could not be returned. */
export function judged(policy: Policy, exchange: Exchange, ports: Ports): Verdict | Promise<Verdict> {
  try {
    const verdict = policy.before(exchange, ports)
    return verdict instanceof Promise ? verdict.catch(verdictOf) : verdict
  } catch (error) {
    return verdictOf(error)
  }
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof Fault) return deny(error.code, error.detail)
  throw error
}

function resultOf({ kind }: Verdict, mode: Mode): string {
  return kind !== 'pass' && mode === 'shadow' ? `would-${kind}` : kind
}

/**
 * Waiting included: on Workers the clock stands still while code runs.
 *
 * @returns now, when the next stage begins
 */
function time(exchange: Exchange, ports: Ports, stage: StageName, startedMs: number, trail: Trail): number {
  const nowMs = ports.clock.now().getTime()
  const ms = nowMs - startedMs
  if (ms <= 0) return nowMs
  trail.stageMs[stage] = ms
  ports.counters.count(exchange.entry?.app ?? '-', 'stage_milliseconds_total', { door: exchange.door, stage }, ms)
  return nowMs
}

/** What a policy leaves of a walk that has ended. An answer that it could not finish with is not given: it fails closed. */
function finished<Reply>(policy: Policy, walk: Walk<Reply>, ports: Ports): Walk<Reply> | Promise<Walk<Reply>> {
  const answer = walk.kind === 'ended' && walk.reply instanceof Response ? walk.reply : undefined
  const left = (finish: Finish): Walk<Reply> => {
    if (!answer || !finish || finish === answer) return walk
    return finish instanceof Response ? replied(walk, finish) : withheld(policy, finish, walk, ports)
  }
  const failed = (error: unknown): Walk<Reply> => {
    const detail = String(error)
    ports.log.write('error', 'policy-after-failed', { ...about(walk.exchange), policy: policy.name, detail })
    if (!answer) return walk
    answer.body?.cancel().catch(() => {})
    const refusal = { ...refusalOf(error, policy.name), policy: policy.name }
    return { kind: 'refused', exchange: walk.exchange, trail: walk.trail, refusal }
  }
  try {
    const finish = policy.after?.(walk.exchange, ports, answer)
    return finish instanceof Promise ? finish.then(left).catch(failed) : left(finish)
  } catch (error) {
    return failed(error)
  }
}

/** An answer withheld is a refusal; in shadow mode that is recorded, and the answer goes out. */
function withheld<Reply>(
  policy: Policy,
  { fault, detail, original }: Withheld,
  walk: Walk<Reply>,
  ports: Ports,
): Walk<Reply> {
  const { exchange, trail } = walk
  const mode = modeOf(policy, exchange, ports)
  const verdict = deny(fault, detail)
  trail.path = trail.path.with(policy.name, resultOf(verdict, mode))
  if (mode === 'shadow') {
    shadowed(policy, verdict, exchange, ports)
    return replied(walk, original)
  }
  original.body?.cancel().catch(() => {})
  const refusal = { fault, detail, headers: {}, problems: [], policy: policy.name }
  return { kind: 'refused', exchange, trail, refusal }
}

/** What would have been done is logged, and summed with what it rests on. */
export function shadowed(
  policy: Policy,
  verdict: Verdict,
  exchange: Exchange,
  { log, shadows }: Pick<Ports, 'log' | 'shadows'>,
): void {
  if (verdict.kind === 'pass') return
  const { door, requestId } = exchange
  const would = `would-${verdict.kind}` as const
  const fault = verdict.kind === 'deny' && { fault: verdict.fault }
  const detail = verdict.kind === 'answer' ? 'an answer was at hand' : verdict.detail
  const field = (verdict.kind === 'deny' ? verdict.field : undefined) ?? policy.field?.(exchange)
  log.write('info', would, { ...about(exchange), policy: policy.name, ...fault, detail })
  const what = { policy: policy.name, door, verdict: would, ...fault, ...(field !== undefined && { field }) }
  if (exchange.entry) shadows.note(exchange.entry.app, what, requestId)
}

function replied<Reply>(walk: Walk<Reply>, reply: Response): Walk<Reply> {
  return { ...walk, reply } as Walk<Reply>
}

function about(exchange: Exchange): Record<string, unknown> {
  return { requestId: exchange.requestId, door: exchange.door, app: exchange.app, source: exchange.source }
}
