import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { expectFault } from '../support/faults.ts'
import { accepted, eventIn, gatedApp, type Push, push } from '../support/gated-app.ts'
import { appAt } from '../support/upstream.ts'

const large = 1_048_577

/** An app in two regions, each with an upstream of its own, and what each of them saw. */
async function residentApp(app: string, residency: object = { by: { pointer: '/region' } }, source: object = {}) {
  const spec = {
    residency: { regions: ['eu', 'us'], ...residency },
    upstreams: ['eu', 'us'].map(region => ({ name: 'stable', region, url: `https://${app}-${region}.example.com` })),
  }
  await gatedApp(app, { spec, source: source as Record<string, unknown> })
  return { eu: appAt(`${app}-eu.example.com`), us: appAt(`${app}-us.example.com`) }
}

const naming = (region: unknown, size = 0): Push => ({ body: JSON.stringify({ region, filler: 'x'.repeat(size) }) })

describe('an event of a region', () => {
  it('lives in the mailbox of the region that its body names, and goes to the upstream there', async () => {
    const seen = await residentApp('resident')
    const ids = [await accepted('resident', naming('eu')), await accepted('resident', naming('us'))]
    for (const id of ids) await eventIn('delivered', id)
    expect(ids.map(id => id.split('~').slice(0, 3))).toEqual([
      ['eu', 'resident', '0'],
      ['us', 'resident', '0'],
    ])
    expect(await eventIn('delivered', ids[0] ?? '')).toMatchObject({ region: 'eu' })
    expect([seen.eu, seen.us].map(all => all.map(({ headers }) => headers.get('webhook-id')))).toEqual([
      [ids[0]],
      [ids[1]],
    ])
  })

  it('is denied, and leaves nothing, where its body names none or another', async () => {
    const seen = await residentApp('resident-denied')
    const bodies = ['apac', undefined, 7, ''].map(region => naming(region, large))
    for (const body of bodies) await expectFault(await push('resident-denied', body), 'region-denied', 451)
    await expectFault(await push('resident-denied', { body: 'no json' }), 'region-denied', 451)
    expect([...seen.eu, ...seen.us]).toEqual([])
    for (const bucket of ['PAYLOADS', 'PAYLOADS_EU', 'PAYLOADS_US']) {
      const { objects } = await (env[bucket] as R2Bucket).list({ prefix: keys.payloads })
      expect(objects.filter(({ key }) => key.includes('~resident-denied~'))).toEqual([])
    }
  })

  it('is of the default region where its body names none, and never where it names another', async () => {
    await residentApp('resident-default', { by: { pointer: '/region' }, default: 'us' })
    expect(await accepted('resident-default', naming(undefined))).toMatch(/^us~/)
    await expectFault(await push('resident-default', naming('apac')), 'region-denied', 451)
  })

  it('is of no region that an unsigned header names', async () => {
    await residentApp('resident-header', { by: { header: 'x-region' }, default: 'us' })
    expect(await accepted('resident-header', { headers: { 'x-region': 'eu' } })).toMatch(/^us~/)
  })

  it('has a large body in the bucket of its region', async () => {
    const seen = await residentApp('resident-large')
    const id = await accepted('resident-large', naming('eu', large))
    await eventIn('delivered', id)
    expect(seen.eu[0]?.body.length).toBeGreaterThan(large)
    const found = await Promise.all(
      ['PAYLOADS', 'PAYLOADS_EU', 'PAYLOADS_US'].map(
        async name => (await (env[name] as R2Bucket).head(keys.payload(id))) !== null,
      ),
    )
    expect(found).toEqual([false, true, false])
  })

  it('is held, not lost, once its region is no longer the app’s', async () => {
    const { eu } = await residentApp('resident-moved', undefined, { when: 'false' })
    const id = await accepted('resident-moved', naming('eu'))
    expect(await eventIn('dropped', id)).toMatchObject({ region: 'eu' })
    expect(eu).toEqual([])
  })

  it('a handshake needs no region', async () => {
    await residentApp('resident-handshake', undefined, { scheme: 'slack' })
    const body = JSON.stringify({ type: 'url_verification', challenge: 'abc' })
    const response = await push('resident-handshake', { scheme: schemes.slack, body })
    expect(await response.text()).toBe('abc')
  })
})
