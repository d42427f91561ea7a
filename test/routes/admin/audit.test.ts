import { describe, expect, it } from 'vitest'
import { admin } from '../../support/admin.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp } from '../../support/gated-app.ts'

const because = { body: { reason: 'a test' } }

interface Listed {
  items: { type: string; auditseq: number; data: { actor: string; reason?: string; eventId?: string } }[]
  next: string | null
}

const listed = async (query: string) => (await admin(`audit?${query}`, { roles: ['viewer'] })).json<Listed>()

describe('the audit log', () => {
  it('has who did what to an app and why, newest first, page by page, and is whole', async () => {
    await gatedApp('audit-app')
    const eventId = await accepted('audit-app')
    await eventIn('delivered', eventId)
    await admin('apps/audit-app/kill', { ...because, subject: 'otto' })
    await admin('apps/audit-app/revive', because)
    await admin('apps/audit-app/pause', because)
    await admin('apps/audit-app/resume', because)
    await admin(`events/${eventId}/replay`, because)
    await admin(`events/${eventId}/payload?reason=a+look`)
    await admin('replays', { body: { app: 'audit-app', filter: { state: 'dead' }, reason: 'again' } })
    await admin(`events/${eventId}?reason=a+request`, { method: 'DELETE' })
    await admin('apps/audit-app/purge', { body: { reason: 'all' } })

    const first = await listed('app=audit-app&limit=4')
    const rest = await listed(`app=audit-app&cursor=${first.next}`)
    const all = [...first.items, ...rest.items].reverse()
    expect(all.map(({ type }) => type)).toEqual([
      'switch.killed',
      'switch.revived',
      'switch.paused',
      'switch.resumed',
      'replay.event',
      'payload.read',
      'replay.started',
      'payload.purged',
      'app.purged',
    ])
    expect([first.items.length, rest.next]).toEqual([4, null])
    expect(all[0]?.data).toMatchObject({ actor: 'otto', reason: 'a test' })
    expect(all[5]?.data).toMatchObject({ actor: 'olga', reason: 'a look', eventId })
    const verdict = await (await admin('audit/verify?app=audit-app', { roles: ['viewer'] })).json()
    expect(verdict).toEqual({ ok: true, records: 9 })
  })

  it('is for every role to look at, and for none without one', async () => {
    for (const path of ['audit', 'audit/verify']) {
      await expectFault(await admin(path, { roles: [] }), 'role-missing', 403)
      expect((await admin(path, { roles: ['viewer'] })).status).toBe(200)
    }
    await expectFault(await admin('audit?app=No'), 'request-invalid', 400)
  })
})

describe('the payload of an event', () => {
  it('is the stored bytes, as a file that no browser opens, for operators', async () => {
    await gatedApp('audit-payload')
    const body = '{"name":  "jon"}'
    const eventId = await accepted('audit-payload', { body })
    const response = await admin(`events/${eventId}/payload`)
    expect(await response.text()).toBe(body)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('gatehouse-content-type')).toBe('application/json')
    await expectFault(await admin(`events/${eventId}/payload`, { roles: ['viewer'] }), 'role-missing', 403)
    await expectFault(await admin(`events/${eventId}x/payload`), 'not-found', 404)
  })

  it('that lies in R2 comes from there', async () => {
    await gatedApp('audit-large')
    const body = 'x'.repeat(1_100_000)
    const eventId = await accepted('audit-large', { body })
    expect((await (await admin(`events/${eventId}/payload`)).text()).length).toBe(body.length)
  })
})
