import { corsHeaders, isPreflight, preflightHeaders } from '#core/api/cors.ts'
import { isUnambiguous, targetAt, targetOf } from '#core/api/raw-path.ts'
import { type Methods, RouteTable } from '#core/api/route-table.ts'
import { hopsOf, isLooping } from '#core/forward/hops.ts'
import { asksForServiceWorker } from '#core/forward/one-origin.ts'
import type { Api, ApiRoute } from '#core/manifest/api-schema.ts'
import { onceFor } from '#core/once.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { routeField } from '#core/pipeline/fields.ts'
import { answer, deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { sentHeaders } from '#core/pipeline/sent-headers.ts'

/** Tables live as long as the manifest that they were made of. */
const tableOf = onceFor((api: Api) => new RouteTable<ApiRoute>(api.routes))

/**
 * Settles which route of the app's API a request is for, by its path as it was sent, and that its method may
 * be used there. A preflight that the app's `cors` allows is answered here, before anything asks who it is
 * from: browsers send it without credentials (Fetch standard, "CORS-preflight fetch").
 */
export const apiRoute: Policy = {
  name: 'route',
  doors: ['apps'],
  isMandatory: true,
  field: exchange => routeField(exchange),

  before(exchange) {
    const { api, hosts } = settled(exchange, 'entry').manifest.spec
    const { method, headers, host } = exchange
    const sent = sentHeaders(exchange)
    if (host !== undefined && !hosts.includes(host)) return deny('route-unknown', 'the app no longer has this host')
    const target = host === undefined ? targetOf(exchange.url, '/apps/') : targetAt(exchange.url, exchange.app)
    if (!api || !target) return deny('route-unknown', 'the app has no API')
    if (host === undefined && asksForServiceWorker(sent))
      return deny('service-worker-denied', 'the origin is shared by all apps')
    if (!isUnambiguous(target.path)) return deny('route-unknown', 'the path can be read in more than one way')
    const match = tableOf(api).find(target.path)
    if (!match) return deny('route-unknown', 'no route has this path')

    const replyHeaders = corsHeaders(api.cors, headers)
    if (api.cors && replyHeaders['access-control-allow-origin'] && isPreflight(method, headers)) {
      const preflight = { ...replyHeaders, ...preflightHeaders(api.cors, headers, allowed(match.methods)) }
      return answer(new Response(null, { status: 204, headers: preflight }))
    }
    const route = routeFor(match.methods, method)
    if (!route) {
      const allow = allowed(match.methods).join(', ')
      return deny('method-denied', `${method} on ${match.methods.template}`, { ...replyHeaders, allow })
    }
    const hops = hopsOf(sent)
    if (isLooping(hops)) return deny('loop-detected', `${hops} hops before this one`)
    const { path, query } = target
    return pass({ api: { route, path, query, params: match.params, hops }, replyHeaders })
  },
}

/** Whoever may GET may ask for the headers alone (RFC 9110 §9.3.2). */
function routeFor({ byMethod }: Methods<ApiRoute>, method: string): ApiRoute | undefined {
  return byMethod.get(method) ?? (method === 'HEAD' ? byMethod.get('GET') : undefined)
}

function allowed({ byMethod }: Methods<ApiRoute>): string[] {
  const methods = [...byMethod.keys()]
  return byMethod.has('GET') && !byMethod.has('HEAD') ? [...methods, 'HEAD'] : methods
}
