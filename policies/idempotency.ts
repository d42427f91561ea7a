import { isSafe } from '#core/api/methods.ts'
import type { Claim, ClaimPlace, Ending, KeptAnswer } from '#core/idempotency/claim.ts'
import { keeping } from '#core/idempotency/kept-answer.ts'
import { claimId, fingerprint, idempotencyKey } from '#core/idempotency/key.ts'
import { answerPlan } from '#core/masking/way.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { routeField } from '#core/pipeline/fields.ts'
import { answer, deny, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'
import { anyRegion } from '#core/residency/regions.ts'

/** A claim stands for this long after the app should have begun its answer, in case nobody ever settles it. */
const holdPastTimeoutMs = 60_000

/**
 * Keeps a request that is sent twice under one `Idempotency-Key` from being done twice: the second gets the
 * first one's answer, or is told to wait for it. Answers of 500 and above are not kept, so such a request
 * may be tried again.
 */
export const idempotency: Policy = {
  name: 'idempotency',
  doors: ['apps'],
  isMandatory: false,
  field: exchange => routeField(exchange, 'idempotency'),

  before(exchange, ports) {
    const { route } = settled(exchange, 'api')
    if (route.idempotency === undefined || isSafe(exchange.method)) return pass()
    const header = exchange.headers.get('idempotency-key')
    if (header === null && route.idempotency === 'optional') return pass()
    const key = idempotencyKey(header ?? '')
    return key === undefined
      ? deny('idempotency-missing', header === null ? 'no key' : 'neither a quoted nor a bare key')
      : claimed(exchange, key, ports)
  },

  after: (exchange, ports, given) => (exchange.claim ? ended(exchange, ports, given) : given),
}

async function claimed(exchange: Exchange, key: string, { claims, log, background }: Ports): Promise<Verdict> {
  const { route, path, query } = settled(exchange, 'api')
  const id = await claimId({ app: exchange.app, caller: callerOf(exchange), route: route.path }, key)
  // whoever gets answers masked never gets one that was kept for somebody who does not
  const seen = answerPlan(exchange) ? ' masked' : ''
  const print = await fingerprint(exchange.method, path + query + seen, await exchange.body.read())
  try {
    const claim = await claims.claim(placeOf(exchange), id, print, route.timeoutMs + holdPastTimeoutMs)
    return verdictOf(claim, id, background)
  } catch (error) {
    log.write('error', 'claims-away', { app: exchange.app, detail: String(error) })
    return deny('overloaded', 'the store of idempotency keys is away')
  }
}

async function ended(exchange: Exchange, ports: Ports, given: Response | undefined): Promise<Response | undefined> {
  if (!given || given.status >= 500) {
    await settle(exchange, { kind: 'released' }, ports)
    return given
  }
  try {
    const { ending, answer } = await keeping(given)
    await settle(exchange, ending, ports)
    return answer
  } catch (error) {
    await settle(exchange, { kind: 'unkept' }, ports)
    throw error
  }
}

function verdictOf(claim: Claim, id: string, background: Ports['background']): Verdict {
  switch (claim.kind) {
    case 'claimed': {
      // a caller who goes away takes the request along, unless something of it goes on
      const { promise, resolve } = Promise.withResolvers<void>()
      background(promise)
      return pass({ claim: { id, token: claim.token, settled: resolve } })
    }
    case 'answered':
      return answer(replayed(claim.answer))
    case 'mismatch':
      return deny('idempotency-mismatch', 'the key was used for another request')
    case 'in-flight':
      return deny('idempotency-conflict', 'the first request is under way', { 'retry-after': '1' })
    case 'unkept':
      return deny('idempotency-conflict', 'the request was answered, and the answer was too large to keep')
  }
}

function replayed({ status, headers, body }: KeptAnswer): Response {
  const isBodiless = [204, 205, 304].includes(status)
  const response = new Response(isBodiless ? null : (body as Uint8Array<ArrayBuffer>), {
    status,
    headers: headers.map(([...pair]) => pair),
  })
  response.headers.set('gatehouse-replayed', 'true')
  return response
}

/** An answer that could not be recorded is still the answer; the claim then ends by itself. */
async function settle(exchange: Exchange, ending: Ending, { claims, log }: Ports): Promise<void> {
  const { claim } = exchange
  if (!claim) return
  try {
    await claims.settle(placeOf(exchange), claim.id, claim.token, ending)
  } catch (error) {
    log.write('error', 'claim-unsettled', { app: exchange.app, ending: ending.kind, detail: String(error) })
  } finally {
    claim.settled()
  }
}

function placeOf({ app, region = anyRegion }: Exchange): ClaimPlace {
  return { app, region }
}

function callerOf({ principal, address = '' }: Exchange): string {
  return principal ? `caller ${principal.issuer} ${principal.subject}` : `ip ${address}`
}
