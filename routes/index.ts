import { Hono } from 'hono/tiny'
import { targetOf } from '#core/api/raw-path.ts'
import { Fault } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import { admin } from './admin/index.ts'
import { apps } from './apps.ts'
import { egress } from './egress.ts'
import { hooks } from './hooks.ts'
import { operations } from './operations.ts'
import { refused } from './reply.ts'
import { token } from './token.ts'

/**
 * Every HTTP way in at the gateway's own address. Calls to apps go past the router: most requests are such calls, and
 * they go by their path as it was sent.
 */
export function doors(ports: Ports): Hono {
  const router = new Hono()
    .route('/hooks', hooks(ports))
    .route('/egress', egress(ports))
    .route('/token', token(ports))
    .route('/admin/v1', admin(ports))
    .route('/', operations(ports))
    .notFound(context => refused(context.req.raw, new Fault('route-unknown', context.req.path), ports))
    .onError((error, context) => refused(context.req.raw, error, ports))
  const routed = router.fetch
  router.fetch = (request, ...rest) => {
    const target = targetOf(request.url, '/apps/')
    return target ? apps(request, target, ports) : routed(request, ...rest)
  }
  return router
}
