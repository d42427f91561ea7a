import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import type { Entry } from '#core/manifest/entry.ts'
import type { Ports } from '#core/ports.ts'
import { Time } from './call.ts'

/** How an app stands, as every answer about it shows. */
export const AppStatus = z
  .object({
    app: z.string(),
    digest: z.string(),
    stage: z.string(),
    expiresAt: Time,
    publishedAt: Time,
    killed: z.boolean(),
    quarantined: z.boolean(),
    switchedBy: z.string().optional(),
    switchedAt: Time.optional(),
    switchReason: z.string().optional(),
    paused: z.array(z.string()).describe('sources'),
    lastSeenAt: Time.optional(),
  })
  .meta({ id: 'App' })

/** How an app stands now. */
export async function statusOf(entry: Entry, { mailboxes, switchboard, counters }: Ports) {
  const { app, digest, manifest, expiresAt, publishedAt } = entry
  const { webhooks, lifecycle } = manifest.spec
  const [paused, { turn }, lastSeenAt] = await Promise.all([
    mailboxes.paused(app, Object.keys(webhooks)),
    switchboard.find(app),
    counters.lastSeen(app),
  ])
  return {
    app,
    digest,
    stage: lifecycle.stage,
    expiresAt: expiresAt.toISOString(),
    publishedAt: publishedAt.toISOString(),
    killed: turn?.standing === 'killed',
    quarantined: turn?.standing === 'quarantined',
    ...(turn && turn.standing !== 'open' && { switchedBy: turn.by, switchedAt: turn.at, switchReason: turn.reason }),
    paused,
    ...(lastSeenAt && { lastSeenAt: lastSeenAt.toISOString() }),
  }
}

/**
 * The entry of an app.
 *
 * @throws Fault `not-found` or `entry-invalid`
 */
export async function entryOf(app: string, { registry }: Pick<Ports, 'registry'>): Promise<Entry> {
  const lookup = await registry.find(app)
  if (lookup.kind === 'found') return lookup.entry
  throw lookup.kind === 'unknown' ? new Fault('not-found', `no app ${app}`) : new Fault('entry-invalid', lookup.detail)
}
