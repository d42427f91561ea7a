import type { Cors } from '#core/manifest/api-schema.ts'

/** Headers of the gateway's own answers that a page may read besides those that the manifest names. */
const exposed = [
  'gatehouse-fault',
  'gatehouse-request-id',
  'gatehouse-region',
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
]

/**
 * The headers with which every answer tells a browser that the calling page may read it (Fetch standard,
 * §3.2). Empty for an app without `cors`, and for a request that comes from no page.
 */
export function corsHeaders(cors: Cors | undefined, headers: Headers): Record<string, string> {
  if (!cors) return {}
  const isOpen = cors.origins.includes('*')
  const vary = isOpen ? {} : { vary: 'Origin' }
  const origin = headers.get('origin')
  if (origin === null || !(isOpen || cors.origins.includes(origin))) return vary
  return {
    'access-control-allow-origin': isOpen ? '*' : origin,
    ...(cors.credentials && { 'access-control-allow-credentials': 'true' }),
    'access-control-expose-headers': [...exposed, ...cors.exposeHeaders].join(', '),
    ...vary,
  }
}

/** A browser that asks before it sends: OPTIONS, with an origin and the method it has in mind. */
export function isPreflight(method: string, headers: Headers): boolean {
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method')
}

/** What a preflight is told besides: the path's methods, and that the headers it asked for may be sent. */
export function preflightHeaders(cors: Cors, headers: Headers, methods: readonly string[]): Record<string, string> {
  const asked = headers.get('access-control-request-headers') ?? ''
  return {
    'access-control-allow-methods': methods.join(', '),
    ...(/^[!#$%&'*+.^_`|~0-9A-Za-z, -]{1,1024}$/.test(asked) && { 'access-control-allow-headers': asked }),
    'access-control-max-age': String(cors.maxAgeSeconds),
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  }
}
