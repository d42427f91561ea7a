import { Hono } from 'hono'
import { Fault } from '#core/fault.ts'
import { refusalOf } from '#core/pipeline/refusal.ts'
import type { Ports } from '#core/ports.ts'
import { apps as adminApps } from './admin/apps.ts'
import { audit } from './admin/audit.ts'
import { discoveries } from './admin/discoveries.ts'
import { egress as adminEgress } from './admin/egress.ts'
import { events } from './admin/events.ts'
import { masking } from './admin/masking.ts'
import { publishing } from './admin/publishing.ts'
import { replays } from './admin/replays.ts'
import { secrets } from './admin/secrets.ts'
import { switches } from './admin/switches.ts'
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
    .route('/admin/v1/apps', adminApps(ports))
    .route('/admin/v1/apps', switches(ports))
    .route('/admin/v1/apps', publishing(ports))
    .route('/admin/v1/egress', adminEgress(ports))
    .route('/admin/v1/audit', audit(ports))
    .route('/admin/v1/discoveries', discoveries(ports))
    .route('/admin/v1/events', events(ports))
    .route('/admin/v1/masking', masking(ports))
    .route('/admin/v1/replays', replays(ports))
    .route('/admin/v1/secrets', secrets(ports))
    .route('/', operations(ports))
    .notFound(context => refused(context.req.raw, new Fault('route-unknown', context.req.path), ports))
    .onError((error, context) => refused(context.req.raw, error, ports))

function refused(request: Request, error: unknown, { log }: Ports): Response {
  const requestId = request.headers.get('cf-ray') ?? crypto.randomUUID()
  const door = new URL(request.url).pathname.split('/')[1] ?? ''
  return refuse(refusalOf(error, door), { requestId, door }, log)
}
