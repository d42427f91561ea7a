import { Hono } from 'hono'
import { Fault } from '#core/fault.ts'
import { refusalOf } from '#core/pipeline/refusal.ts'
import type { Ports } from '#core/ports.ts'
import { admin } from './admin/index.ts'
import { apps } from './apps.ts'
import { egress } from './egress.ts'
import { hooks } from './hooks.ts'
import { operations } from './operations.ts'
import { refuse } from './reply.ts'
import { token } from './token.ts'

/** Every HTTP way in. */
export const doors = (ports: Ports) =>
  new Hono()
    .route('/hooks', hooks(ports))
    .route('/apps', apps(ports))
    .route('/egress', egress(ports))
    .route('/token', token(ports))
    .route('/admin/v1', admin(ports))
    .route('/', operations(ports))
    .notFound(context => refused(context.req.raw, new Fault('route-unknown', context.req.path), ports))
    .onError((error, context) => refused(context.req.raw, error, ports))

function refused(request: Request, error: unknown, { log }: Ports): Response {
  const requestId = request.headers.get('cf-ray') ?? crypto.randomUUID()
  const door = new URL(request.url).pathname.split('/')[1] ?? ''
  return refuse(refusalOf(error, door), { requestId, door }, log)
}
