import type { FaultCode } from '#core/fault.ts'
import type { Entry } from '#core/manifest/entry.ts'
import { onceFor } from '#core/once.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Trail } from '#core/pipeline/walk.ts'
import type { Trace } from './trace.ts'

/** What became of a call on its way to the app and back, written down as it happens. */
export interface Passage {
  /** The caller's trace, gone on; or one that begins here. */
  readonly trace: Trace
  /** The upstream that was asked last: its name, and its region where it has one. */
  upstream?: string
  /** From asking the app until its answer began; the last try counts. */
  upstreamMs?: number
  /** How often the app was asked; more than once is a retry. */
  tries?: number
}

export interface Outcome {
  readonly status: number
  readonly fault?: FaultCode
  readonly policy?: string
  readonly detail?: string | undefined
  readonly ms: number
  readonly bytesOut: number | undefined
}

/** What the entry says of an app, for every record of its calls. */
const factsOf = onceFor(({ manifest: { metadata, spec } }: Entry) =>
  Object.freeze({
    app: metadata.name,
    owner: spec.owner.user,
    team: spec.owner.team,
    environment: metadata.labels?.environment,
    costCenter: metadata.labels?.cost_center,
  }),
)

/**
 * The record of one call to an app's API, one line of the log: what is of this call alone, and what it shares with
 * other calls. It holds names, numbers and codes: no path as it was sent, no query, no header, no body. Bytes out are
 * those that the answer states.
 */
export function requestRecord(exchange: Exchange, trail: Trail, passage: Passage, outcome: Outcome) {
  const { requestId, door, entry, api, method, body, host } = exchange
  const { status, ms, bytesOut, fault, detail, policy } = outcome
  const fields = {
    requestId,
    traceId: passage.trace.traceId,
    door,
    host,
    region: exchange.region,
    route: api?.route.path,
    method: api ? method : undefined,
    status,
    ms,
    bytesOut,
    fault,
    detail,
    policy,
    stageMs: trail.stageMs,
    upstream: passage.upstream,
    upstreamMs: passage.upstreamMs,
    tries: passage.tries,
    bytesIn: body.seenBytes,
  }
  return { fields, shared: [entry ? factsOf(entry) : { app: exchange.app }, trail.path.record] }
}
