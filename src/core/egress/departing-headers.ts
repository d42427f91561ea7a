import { isPassedHeader } from '#core/forward/header-names.ts'

/** What never leaves besides the headers that end at every hop. */
const neverLeaves = new Set(['authorization', 'accept-encoding', 'x-request-id'])

/**
 * The headers of an app's request that leave: not those of the connection, of the gateway and of forwarding,
 * not the app's own `Authorization`, and none in which the app's token stands, whatever its name. The answer
 * must come unpacked, or what comes back in it could not be seen.
 */
export function departingHeaders(given: Headers, token: string, hops: number): Headers {
  const headers = new Headers(given)
  const named = (headers.get('connection') ?? '').toLowerCase().split(',')
  const dropped = new Set(named.map(name => name.trim()))
  for (const [name, value] of [...headers]) {
    if (!isPassedHeader(name) || neverLeaves.has(name) || dropped.has(name) || value.includes(token))
      headers.delete(name)
  }
  headers.set('accept-encoding', 'identity')
  headers.set('gatehouse-hops', String(hops + 1))
  return headers
}

/** What may not follow a redirect to another origin: it was meant for the first one. */
export function withoutOriginsOwn(headers: Headers): Headers {
  const own = new Headers(headers)
  for (const name of ['cookie', 'referer', 'origin']) own.delete(name)
  return own
}

/** What goes when a redirect turns a request into one without a body (Fetch standard §4.4). */
export function withoutBodyHeaders(headers: Headers): Headers {
  const bare = new Headers(headers)
  for (const name of [...bare.keys()]) if (name.startsWith('content-')) bare.delete(name)
  return bare
}

/** What an outside may not say to a client of the gateway's origin. */
const neverReturns = ['service-worker-allowed', 'clear-site-data', 'alt-svc', 'strict-transport-security']

/** The headers of an answer that reach the app. `content-length` stays: nothing on the way changes a length. */
export function returningHeaders(given: Headers, text: (value: string) => string): Headers {
  const headers = new Headers()
  for (const [name, value] of given) {
    if (name !== 'content-length' && !isPassedHeader(name)) continue
    if (neverReturns.includes(name) || name.startsWith('access-control-')) continue
    headers.append(name, text(value))
  }
  return headers
}
