import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { admin } from '../../support/admin.ts'
import { accepted, eventIn, gatedApp, mailboxes } from '../../support/gated-app.ts'
import { eventually, moveTimeBy } from '../../support/time.ts'
import { appAt } from '../../support/upstream.ts'

const regions = ['eu', 'us'] as const
const buckets = { eu: 'PAYLOADS_EU', us: 'PAYLOADS_US' } as const

it('a purge goes over the mailboxes and the archives of every region', async () => {
  const app = 'purge-regions'
  const upstreams = regions.map(region => ({ name: 'stable', region, url: `https://${app}-${region}.example.com` }))
  await gatedApp(app, {
    source: { retentionDays: 3 },
    spec: { residency: { regions, by: { pointer: '/region' } }, upstreams },
  })
  for (const region of regions) appAt(`${app}-${region}.example.com`, () => new Response('gone', { status: 410 }))
  const made = async (region: (typeof regions)[number], who: string) => ({
    region,
    id: await accepted(app, { body: JSON.stringify({ region, who, nonce: crypto.randomUUID() }) }),
  })
  const hers = [await made('eu', 'ann'), await made('us', 'ann')]
  const others = [await made('eu', 'ben'), await made('us', 'ben')]
  const all = [...hers, ...others]
  const letters = () =>
    Promise.all(all.map(({ region, id }) => (env[buckets[region]] as R2Bucket).head(keys.deadLetter(id)).then(Boolean)))
  for (const { id } of all) await eventIn('dead', id)
  await eventually(async () => expect(await letters()).toEqual([true, true, true, true]))

  moveTimeBy(4 * 86_400_000)
  await eventually(async () => {
    await runDurableObjectAlarm(env.MAILBOX.getByName(`us~${app}~0`))
    expect((await mailboxes.list(app, {}, { limit: 10 })).map(({ region }) => region)).toEqual(['eu', 'eu'])
  })
  const order = { subject: { pointer: '/who', value: 'ann' }, reason: 'asked for' }
  expect(await (await admin(`apps/${app}/purge`, { body: order })).json()).toEqual({ purged: 2, next: null })
  expect(await letters()).toEqual([false, false, true, true])
  expect(await mailboxes.list(app, {}, { limit: 10 })).toMatchObject([{ id: others[0]?.id }])
})
