import { Fault } from '#core/fault.ts'
import type { Credential } from '#core/manifest/egress-credential.ts'
import type { BodyReader } from '#core/pipeline/body.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { credentialSecrets, inject, needsBody, refused } from './credential/broker.ts'
import { assertPublicName } from './resolved.ts'
import { Scrubber } from './scrub/scrubber.ts'
import type { Target } from './target.ts'

/** One request to one URL. */
export interface Hop {
  readonly method: string
  readonly target: Target
  /** As they leave, without a credential. */
  readonly headers: Headers
  readonly body?: BodyReader
  readonly credential?: Credential
}

export interface Fetched {
  readonly answer: Response
  /** Takes the credential out of whatever comes back. */
  readonly scrubber?: Scrubber
  /** Whether the body, if there is one, could go out once more. */
  readonly canSendAgain: boolean
}

/** Encodings of an answer that the runtime undoes. */
const undone = new Set(['identity', 'gzip', 'x-gzip', 'deflate', 'br'])

/**
 * Fetches what was judged, with its credential and without following anything.
 *
 * @throws Fault `upstream-timeout`, `upstream-unreachable`, `secret-missing`, `issuer-unreachable`
 */
export async function fetchHop(
  { app, body: given }: Exchange,
  hop: Hop,
  timeoutMs: number,
  ports: Ports,
): Promise<Fetched> {
  const { method, target, credential } = hop
  const { egressResolver } = ports.settings
  if (egressResolver && target.url.protocol === 'https:')
    await assertPublicName(target.url.hostname, egressResolver, ports)
  const secrets = credential ? await credentialSecrets(app, credential, ports.secrets) : []
  const bytes = credential && hop.body && needsBody(credential, hop.headers) ? await hop.body.read() : undefined
  const outgoing = { method, url: target.url, headers: hop.headers, ...(bytes && { body: bytes }) }
  const injected = credential && (await inject(credential, secrets, outgoing, ports))
  const body = hop.body ? await hop.body.forwarded() : null

  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const { href } = injected?.url ?? target.url
    const headers = injected?.headers ?? hop.headers
    const answer = await ports.upstreams.fetch(href, {
      method,
      headers,
      body,
      redirect: 'manual',
      signal: abort.signal,
    })
    if (answer.status === 401 && credential) await refused(credential, secrets)
    if (injected) assertReadable(answer, target)
    const scrubber = injected && new Scrubber(injected.hidden)
    return { answer, canSendAgain: !(body instanceof ReadableStream), ...(scrubber && { scrubber }) }
  } catch (error) {
    if (given.failure) throw given.failure
    if (error instanceof Fault) throw error
    // the error's own text may hold the URL, and with it a query and a credential
    if (abort.signal.aborted)
      throw new Fault('upstream-timeout', `${target.url.host} did not answer within ${timeoutMs} ms`)
    throw new Fault('upstream-unreachable', `${target.url.host} could not be reached`)
  } finally {
    clearTimeout(timer)
  }
}

/** An answer that came packed although it was asked for unpacked, in a way that nobody here can undo, could hold the credential. */
function assertReadable(answer: Response, target: Target): void {
  const encodings = (answer.headers.get('content-encoding') ?? 'identity').toLowerCase().split(',')
  const strange = encodings.find(encoding => !undone.has(encoding.trim()))
  if (strange === undefined) return
  answer.body?.cancel().catch(() => {})
  throw new Fault(
    'upstream-failed',
    `${target.url.host} packed its answer as ${strange.trim().slice(0, 40)}, asked not to`,
  )
}
