import { describe, expect, it } from 'vitest'
import { admin } from '../../support/admin.ts'
import { expectFault } from '../../support/faults.ts'
import { accepted, eventIn, gatedApp, mailboxes, push } from '../../support/gated-app.ts'
import { eventually, moveTimeBy } from '../../support/time.ts'

const reason = { reason: 'it leaks' }

/** The isolate hears of a switch at most 5 s later; the tests' clock is moved instead of waiting. */
function later() {
  moveTimeBy(5_000)
}

describe('an operator', () => {
  it('kills an app: vendors get 503 with the time to come back, and nothing is kept; revived, it goes on', async () => {
    await gatedApp('switch-kill')
    expect((await push('switch-kill')).status).toBe(202)
    const killed = await admin('apps/switch-kill/kill', { body: reason })
    expect(await killed.json()).toMatchObject({
      killed: true,
      switchedBy: 'olga',
      switchReason: 'it leaks',
      lacking: [],
    })
    later()
    const refused = await push('switch-kill', { id: 'msg-1' })
    expect(refused.headers.get('retry-after')).toBe('60')
    await expectFault(refused, 'app-killed', 503)

    expect(await (await admin('apps/switch-kill/revive', { body: reason })).json()).toMatchObject({ killed: false })
    later()
    expect((await push('switch-kill', { id: 'msg-1' })).status).toBe(202)
  })

  it('quarantines an app: its webhooks are kept and not delivered, until it is released', async () => {
    const seen = await gatedApp('switch-quarantine')
    await admin('apps/switch-quarantine/quarantine', { body: reason })
    later()
    const eventId = await accepted('switch-quarantine')
    await eventually(async () => expect((await mailboxes.show(eventId))?.fault).toBe('app-killed'))
    expect(seen).toEqual([])
    await admin('apps/switch-quarantine/release', { body: reason })
    moveTimeBy(120_000)
    await mailboxes.replay(eventId)
    await eventIn('delivered', eventId)
  })

  it('is shown who switched, when and why', async () => {
    await gatedApp('switch-show')
    await admin('apps/switch-show/kill', { body: reason, subject: 'otto' })
    const shown = await (await admin('apps/switch-show')).json()
    const at = expect.stringMatching(/^\d{4}-/)
    expect(shown).toMatchObject({ killed: true, switchedBy: 'otto', switchedAt: at, switchReason: 'it leaks' })
  })

  it.each(['kill', 'revive', 'quarantine', 'release'])('needs the role, a reason and an app: %s', async action => {
    await gatedApp(`switch-needs-${action}`)
    const path = `apps/switch-needs-${action}/${action}`
    for (const roles of [['viewer'], ['author'], ['approver']])
      await expectFault(await admin(path, { body: reason, roles }), 'role-missing', 403)
    await expectFault(await admin(path, { body: {} }), 'request-invalid', 400)
    await expectFault(await admin(`apps/switch-nobody/${action}`, { body: reason }), 'not-found', 404)
  })
})
