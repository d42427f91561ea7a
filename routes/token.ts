import { Hono } from 'hono/tiny'
import { Fault, type FaultCode } from '#core/fault.ts'
import { verifyToken } from '#core/identity/caller-token.ts'
import { openCompact } from '#core/identity/compact-token.ts'
import { issuedType, type OauthError, readTokenRequest } from '#core/identity/token-request.ts'
import { claimedWorkload, isSameWorkload, trustIn } from '#core/identity/workload.ts'
import { addressOf } from '#core/limits/address.ts'
import type { Workload } from '#core/manifest/identity-schema.ts'
import { BodyReader, silenceMs } from '#core/pipeline/body.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { refusalOf } from '#core/pipeline/refusal.ts'
import type { Ports } from '#core/ports.ts'
import { requestIdOf } from '#core/request-id.ts'
import { exchange as exchangePolicies } from '#policies/pipeline.ts'
import { refuse } from './reply.ts'

/** A token that is given lives so long at most, and never longer than the one that it is given for. */
const lifetimeSeconds = 900
const maxRequestBytes = 65_536

/**
 * `POST /token`: a workload's token at its issuer becomes a token of the app that it belongs to (RFC 8693).
 * The app's manifest says which workloads those are; the issuer is asked for keys only once one of them is claimed.
 */
export const token = (ports: Ports) =>
  new Hono().all('/', async ({ req }) => {
    const start = exchangeOf(req.raw, ports)
    try {
      if (req.method !== 'POST') throw new Refused('method-denied', `${req.method} on /token`, 'invalid_request')
      const subjectToken = await subjectTokenIn(req.raw, start)
      const { workload, app } = await claimed(subjectToken, ports)
      const asked = { ...start, app }
      const walk = await exchangePolicies.walk(asked, ports, admitted =>
        granted(admitted, workload, subjectToken, ports),
      )
      if (walk.kind === 'ended') return walk.reply
      return withError(refuse(walk.refusal, walk.exchange, ports.log), errorOf(walk.refusal.fault))
    } catch (error) {
      const refusal = refusalOf(error, 'token')
      const headers = refusal.fault === 'method-denied' ? { allow: 'POST' } : {}
      const response = refuse({ ...refusal, headers }, start, ports.log)
      return withError(response, error instanceof Refused ? error.error : errorOf(refusal.fault))
    } finally {
      start.body.release()
    }
  })

/** A fault with the code that OAuth has for it. */
class Refused extends Fault {
  readonly error: OauthError

  constructor(code: FaultCode, detail: string, error: OauthError) {
    super(code, detail)
    this.error = error
  }
}

function exchangeOf({ headers, body, method, url }: Request, { clock, bodies, settings }: Ports): Exchange {
  const reader = new BodyReader(() => body, headers.get('content-length'), bodies, silenceMs)
  reader.capAt(maxRequestBytes)
  return {
    door: 'token',
    requestId: requestIdOf(headers),
    receivedAt: clock.now(),
    app: '-',
    method,
    url,
    headers,
    address: addressOf(headers, settings),
    body: reader,
  }
}

async function subjectTokenIn({ headers }: Request, { body }: Exchange): Promise<string> {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded')
    throw new Refused('request-invalid', 'the body is no form', 'invalid_request')
  const request = readTokenRequest(new URLSearchParams(new TextDecoder().decode(await body.read())))
  if (request.kind === 'refused') throw new Refused('request-invalid', request.detail, request.error)
  return request.subjectToken
}

async function claimed(subjectToken: string, { registryStore }: Ports) {
  const opened = openCompact(subjectToken)
  if (typeof opened === 'string') throw new Fault('token-invalid', opened)
  const found = await claimedWorkload(opened, registryStore)
  if (!found) throw new Fault('token-invalid', 'the token is of no workload that a manifest names')
  return found
}

/** The registry only led here: the manifest in force decides, and then the issuer's signature. */
async function granted(exchange: Exchange, workload: Workload, subjectToken: string, ports: Ports): Promise<Response> {
  const { app, manifest } = settled(exchange, 'entry')
  if (!manifest.spec.identity.some(one => isSameWorkload(one, workload)))
    throw new Fault('token-invalid', `the manifest of ${app} no longer names the workload`)
  const verdict = await verifyToken(subjectToken, trustIn(workload), ports)
  if (verdict.kind === 'refused') throw new Fault(verdict.fault, verdict.detail)

  const leftSeconds = Math.floor((verdict.expiresAtMs - ports.clock.now().getTime()) / 1000)
  const seconds = Math.min(lifetimeSeconds, leftSeconds)
  if (seconds < 1) throw new Fault('token-expired', 'the token ends now')
  const { issuer, subject } = verdict.principal
  const made = await ports.appTokens.minted({ app, subject, issuer, scopes: [] }, seconds)
  const answer = { access_token: made, issued_token_type: issuedType, token_type: 'Bearer', expires_in: seconds }
  return Response.json(answer, { headers: { 'cache-control': 'no-store' } })
}

/** What OAuth calls a fault: a subject token that is refused for any reason is an invalid request (RFC 8693 §2.2.2). */
function errorOf(fault: FaultCode): OauthError {
  if (fault === 'issuer-unreachable' || fault === 'overloaded' || fault === 'internal') return 'temporarily_unavailable'
  return fault.startsWith('app-') ? 'invalid_grant' : 'invalid_request'
}

/** Problem details with the member that OAuth clients read. */
async function withError(response: Response, error: OauthError): Promise<Response> {
  const problem = await response.json<Record<string, unknown>>()
  return new Response(JSON.stringify({ error, ...problem }), response)
}
