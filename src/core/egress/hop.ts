import { Fault } from '#core/fault.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'
import { credentialSecrets, inject, needsBody, refused } from './credential/broker.ts'
import { lentBy } from './judge.ts'
import { assertPublicName } from './resolved.ts'
import { Scrubber } from './scrub/scrubber.ts'
import type { Target } from './target.ts'

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
 * Fetches what was judged, with the credential of its rule and without following anything. If the app goes
 * away before the answer begins, or breaks its body off, the outside is left at once.
 *
 * @throws Fault `upstream-timeout`, `upstream-unreachable`, `secret-missing`, `issuer-unreachable`, and those of
 *   the app's body
 */
export async function fetchHop(exchange: Exchange, timeoutMs: number, ports: Ports): Promise<Fetched> {
  const { app, method, body: given, way } = exchange
  const gone = exchange.gone?.()
  const target = settled(exchange, 'target')
  const departing = settled(exchange, 'departing')
  const credential = lentBy(way)
  const { egressResolver } = ports.settings
  if (egressResolver && target.url.protocol === 'https:')
    await assertPublicName(target.url.hostname, egressResolver, ports)
  const secrets = credential ? await credentialSecrets(app, credential, ports.secrets) : []
  const bytes = credential && needsBody(credential, departing) ? await given.read() : undefined
  const outgoing = { method, url: target.url, headers: departing, ...(bytes && { body: bytes }) }
  const injected = credential && (await inject(credential, secrets, outgoing, ports))

  const abort = new AbortController()
  const leave = () => abort.abort()
  const body = await given.forwarded(leave)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    leave()
  }, timeoutMs)
  gone?.addEventListener('abort', leave)
  try {
    if (gone?.aborted) leave()
    const { href } = injected?.url ?? target.url
    const headers = injected?.headers ?? departing
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
    if (isLate) throw new Fault('upstream-timeout', `${target.url.host} did not answer within ${timeoutMs} ms`)
    if (gone?.aborted) throw new Fault('request-invalid', 'the app went away before the answer began')
    throw new Fault('upstream-unreachable', `${target.url.host} could not be reached`)
  } finally {
    clearTimeout(timer)
    gone?.removeEventListener('abort', leave)
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
