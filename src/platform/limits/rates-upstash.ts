import { Ratelimit } from '@upstash/ratelimit/dist/index.mjs'
import { Redis } from '@upstash/redis/cloudflare'
import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import { type Ask, type Counter, type Grant, type RateRule, restOfSecondMs } from '#core/limits/rate-rule.ts'
import type { RateStore } from '#core/limits/rates.ts'
import type { Secret } from '#core/secrets/secret.ts'

/** Where a database at Upstash is reached. */
export interface UpstashSetting {
  readonly url: string
  readonly token: Secret
}

/** A pipeline is answered within so long, or not at all. */
const timeoutMs = 5_000

/** Units taken with one request to Upstash: each is a command of its own. */
const maxUnits = 64

/** What is returned so shortly before the end of its window might count in the next one. */
const windowMarginMs = 50

type TimedRule = Exclude<RateRule, { kind: 'calendar' }>

/**
 * Allowances at Upstash, shared by everyone who uses the same database, by Upstash's own limiter. A quota
 * has a calendar, which that does not know, so it stays with the other store.
 *
 * The limiter's sliding window takes the units of a request even when it refuses them, unless it is one unit:
 * so units are taken one by one, sent as one pipeline. Its own time-out, which would let everything pass, is
 * off; whoever asks waits no longer than they say. A client is made for each call, since its pipeline is a
 * promise, and a promise of one request must not be awaited by another.
 */
export function upstashRates(setting: UpstashSetting, quotas: RateStore): RateStore {
  return {
    name: 'upstash',

    async take(counter, rule, ask) {
      if (rule.kind === 'calendar') return quotas.take(counter, rule, ask)
      const limiter = limiterOf(rule)
      const id = await idOf(counter, rule)
      return rule.kind === 'sliding' ? takeEach(limiter, id, rule, ask) : takeAll(limiter, id, rule, ask)
    },

    async back(counter, rule, units, mark) {
      if (rule.kind === 'calendar') return quotas.back(counter, rule, units, mark)
      if (rule.kind === 'sliding' && windowOf(rule, Date.now() + windowMarginMs) !== mark) return
      const [limiter, id] = [limiterOf(rule), await idOf(counter, rule)]
      const { remaining } = await answered(limiter, id, -units)
      // a bucket that has been refilled meanwhile would hold more than it should
      if (rule.kind === 'bucket' && remaining > rule.limit) await answered(limiter, id, remaining - rule.limit)
    },

    async look(counter, rule) {
      if (rule.kind === 'calendar') return quotas.look(counter, rule)
      const { remaining, reset } = await limiterOf(rule)
        .getRemaining(await idOf(counter, rule))
        .catch(failed)
      return { remaining: Math.max(0, remaining), resetMs: Math.max(0, reset - Date.now()) }
    },
  }

  function limiterOf(rule: TimedRule): Ratelimit {
    const redis = clientOf(setting)
    const limiter = rule.kind === 'sliding' ? Ratelimit.slidingWindow(rule.limit, windowText(rule)) : bucketOf(rule)
    return new Ratelimit({ redis, limiter, prefix: 'gatehouse:rates', timeout: 0, ephemeralCache: false })
  }
}

/**
 * The client says nothing of us to Upstash, asks once (a request that is repeated would count twice), and gives up in
 * time: with a function for its signal it fails then, without one it would answer.
 */
function clientOf({ url, token }: UpstashSetting): Redis {
  return new Redis({
    url,
    token: token.reveal(),
    signal: () => AbortSignal.timeout(timeoutMs),
    retry: { retries: 0 },
    enableTelemetry: false,
    readYourWrites: false,
    keepAlive: false,
    responseEncoding: false,
  })
}

/** One unit after the other, in one pipeline; too few are given back. */
async function takeEach(limiter: Ratelimit, id: string, rule: TimedRule, ask: Ask): Promise<Grant> {
  const nowMs = Date.now()
  const wanted = Math.max(ask.least, Math.min(ask.most, maxUnits, ask.least + Math.floor(rule.limit / 40)))
  const answers = await Promise.all(Array.from({ length: wanted }, () => answered(limiter, id, 1)))
  const granted = answers.filter(({ success }) => success)
  const remaining = granted.length < wanted ? 0 : Math.min(...answers.map(({ remaining }) => remaining))
  const isEnough = granted.length >= ask.least
  if (!isEnough && granted.length > 0) await answered(limiter, id, -granted.length)
  const resetMs = Math.max(0, (answers[0]?.reset ?? nowMs) - nowMs)
  const units = isEnough ? granted.length : 0
  const leaseMs = Math.min(resetMs, restOfSecondMs(nowMs))
  return { units, remaining, resetMs, leaseMs, mark: windowOf(rule, nowMs) }
}

/** As many as may be needed at once, or else as few as will do. */
async function takeAll(limiter: Ratelimit, id: string, rule: TimedRule, { least, most }: Ask): Promise<Grant> {
  const nowMs = Date.now()
  const wanted = Math.max(least, Math.min(most, least + Math.floor(rule.limit / 40)))
  let units = wanted
  let answer = await answered(limiter, id, wanted)
  if (!answer.success && wanted > least) {
    units = least
    answer = await answered(limiter, id, least)
  }
  const leaseMs = restOfSecondMs(nowMs)
  const resetMs = Math.max(0, answer.reset - nowMs)
  return { units: answer.success ? units : 0, remaining: answer.remaining, resetMs, leaseMs, mark: 0 }
}

/** What Upstash says; what it only guesses, because Redis did not answer, is no answer. */
async function answered(limiter: Ratelimit, id: string, rate: number) {
  const answer = await limiter.limit(id, { rate }).catch(failed)
  if (answer.reason === 'timeout') throw new Error('Upstash did not answer')
  return answer
}

/** What failed, without the commands: the client's errors quote the whole pipeline. */
function failed(error: unknown): never {
  throw new Error(String(error).split(', command was:')[0]?.slice(0, 200))
}

/** So many tokens, refilled at most ten times a second, and as evenly as whole tokens allow. */
function bucketOf({ limit, windowSeconds }: TimedRule) {
  const tokens = Math.max(1, Math.ceil(limit / (windowSeconds * 10)))
  const everyMs = Math.ceil((tokens * windowSeconds * 1000) / limit)
  return Ratelimit.tokenBucket(tokens, `${everyMs} ms`, limit)
}

function windowText({ windowSeconds }: TimedRule) {
  return `${windowSeconds} s` as const
}

function windowOf({ windowSeconds }: TimedRule, nowMs: number): number {
  return Math.floor(nowMs / (windowSeconds * 1000))
}

async function idOf({ app, subject, name }: Counter, { kind, windowSeconds }: TimedRule): Promise<string> {
  return `${app}:${await sha256Hex(utf8Bytes(subject))}:${name}:${kind}:${windowSeconds}`
}
