import * as z from 'zod'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Shape } from './shape.ts'

/** Headers that prove who somebody is: no rule reads them. */
const proofs = new Set([
  'api-key',
  'authorization',
  'cookie',
  'dpop',
  'gatehouse-token',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
])

/** What rules know of a request: who asks for what, where; never its body, nor what proves who it is from. */
export const RequestFacts = z.strictObject({
  door: z.enum(['hooks', 'apps', 'egress']),
  /** RFC 3339, UTC. */
  time: z.iso.datetime(),
  method: z.string().max(32),
  /** As it was sent: of the app's own API, or of the place outside; without the query. */
  path: z.string().max(8_192),
  /** By their names in lower case. */
  headers: z.record(z.string(), z.string()).default({}),
  bytes: z.int().min(0).optional(),
  address: z.string().max(64).optional(),
  country: z.string().max(8).optional(),
  continent: z.string().max(8).optional(),
  /** At `apps`: the route, as the manifest writes it. */
  route: z.string().max(512).optional(),
  /** At `apps`: who the verified token is from. */
  caller: z
    .strictObject({
      issuer: z.string().max(2_048),
      subject: z.string().max(2_048),
      scopes: z.array(z.string().max(256)).max(100),
    })
    .optional(),
  /** At `hooks`. */
  webhook: z.strictObject({ source: z.string().max(63), scheme: z.string().max(63) }).optional(),
  /** At `egress`: where the app goes. */
  egress: z.strictObject({ host: z.string().max(253), port: z.int() }).optional(),
})

export type RequestFacts = z.infer<typeof RequestFacts>

/** What may be told of a request in a message, which stands in the log. */
const toldNames = ['door', 'time', 'method', 'route', 'webhook', 'egress', 'country', 'continent'] as const

/** What a request looks like to conditions, and to messages. */
export function requestShapes(): { readonly read: Shape; readonly told: Shape } {
  const read = z.toJSONSchema(RequestFacts, { io: 'output' }) as Shape
  const properties = Object.fromEntries(toldNames.map(name => [name, read.properties?.[name] ?? {}]))
  return { read, told: { ...read, properties } }
}

export function told(request: RequestFacts): object {
  return Object.fromEntries(toldNames.flatMap(name => (request[name] === undefined ? [] : [[name, request[name]]])))
}

/** What rules may know of a request on its way. Headers are read only if a rule asks for them. */
export function requestFacts(exchange: Exchange): RequestFacts {
  const { door, receivedAt, method, address, origin, api, webhook, target, principal, body } = exchange
  if (door !== 'hooks' && door !== 'apps' && door !== 'egress') throw new Error(`no rules are asked at ${door}`)
  const { statedBytes } = body
  return {
    door,
    time: receivedAt.toISOString(),
    method,
    path: target?.url.pathname ?? api?.path ?? '/',
    get headers() {
      return Object.fromEntries([...exchange.headers].filter(([name]) => !proofs.has(name)))
    },
    ...(statedBytes !== undefined && { bytes: statedBytes }),
    ...(address !== undefined && { address }),
    ...origin?.(),
    ...(api && { route: api.route.path }),
    ...(principal && {
      caller: { issuer: principal.issuer, subject: principal.subject, scopes: [...principal.scopes] },
    }),
    ...(webhook && { webhook: { source: webhook.name, scheme: webhook.source.scheme } }),
    ...(target && { egress: { host: target.url.hostname, port: target.port } }),
  }
}
