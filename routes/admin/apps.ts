import { type Context, Hono } from 'hono'
import { Fault } from '#core/fault.ts'
import type { Entry } from '#core/manifest/entry.ts'
import type { Ports } from '#core/ports.ts'
import { admitted, jsonFrom, parsed, reasonFrom } from './gate.ts'
import { PurgeOrder, purge } from './purge.ts'

/** `/admin/v1/apps/{app}`: how an app stands, holding its deliveries back, and forgetting what it was sent. */
export const apps = (ports: Ports) =>
  new Hono()
    .get('/:app', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      return context.json(await statusOf(await entryOf(context, ports), ports))
    })
    .post('/:app/purge', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const { app } = await entryOf(context, ports)
      const order = parsed(PurgeOrder, await jsonFrom(context.req.raw))
      const result = await purge(app, order, ports)
      const { source, reason } = order
      ports.log.write('info', 'audit', { action: 'app.purge', actor: operator.subject, app, source, reason, ...result })
      return context.json(result)
    })
    .post('/:app/pause', context => switched(context, ports, 'pause'))
    .post('/:app/resume', context => switched(context, ports, 'resume'))
    .post('/:app/sources/:source/pause', context => switched(context, ports, 'pause'))
    .post('/:app/sources/:source/resume', context => switched(context, ports, 'resume'))

/** Pausing keeps accepting and keeps the order; what is under way ends. Without a source it is the whole app. */
async function switched(context: Context, ports: Ports, action: 'pause' | 'resume'): Promise<Response> {
  const operator = await admitted(context.req.raw, 'operator', ports)
  const reason = await reasonFrom(context.req.raw)
  const entry = await entryOf(context, ports)
  const source = context.req.param('source')
  if (source !== undefined && !Object.hasOwn(entry.manifest.spec.webhooks, source)) {
    throw new Fault('not-found', `${entry.app} has no source ${source}`)
  }
  const isTold = entry.manifest.spec.owner.notify !== undefined
  await ports.mailboxes[action](entry.app, source, isTold ? reason : undefined)
  ports.log.write('info', 'audit', { action: `app.${action}`, actor: operator.subject, app: entry.app, source, reason })
  return context.json(await statusOf(entry, ports))
}

async function statusOf({ app, digest, manifest, expiresAt, publishedAt }: Entry, { mailboxes }: Ports) {
  const { webhooks, lifecycle } = manifest.spec
  return {
    app,
    digest,
    stage: lifecycle.stage,
    expiresAt: expiresAt.toISOString(),
    publishedAt: publishedAt.toISOString(),
    paused: await mailboxes.paused(app, Object.keys(webhooks)),
  }
}

async function entryOf(context: Context, { registry }: Ports): Promise<Entry> {
  const app = context.req.param('app') ?? ''
  const lookup = await registry.find(app)
  if (lookup.kind === 'found') return lookup.entry
  throw lookup.kind === 'unknown' ? new Fault('not-found', `no app ${app}`) : new Fault('entry-invalid', lookup.detail)
}
