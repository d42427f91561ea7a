import { expect, it } from 'vitest'
import type { Standing } from '#core/switches/standing.ts'
import { killSwitch } from '#policies/kill-switch.ts'
import { exchangeOf, recordingPorts } from '../support/ports.ts'

const judged = async (standing: Standing, door: 'hooks' | 'delivery' | 'apps' | 'egress') => {
  const { ports } = recordingPorts({ switches: { find: async () => standing } })
  const verdict = await killSwitch.before(exchangeOf({ door }), ports)
  return verdict.kind === 'deny' ? verdict.fault : verdict.kind
}

it('closes every door of a killed app, and of a quarantined one all but the keeping of webhooks', async () => {
  const doors = ['hooks', 'delivery', 'apps', 'egress'] as const
  const all = (standing: Standing) => Promise.all(doors.map(door => judged(standing, door)))
  expect(await all('open')).toEqual(['pass', 'pass', 'pass', 'pass'])
  expect(await all('killed')).toEqual(['app-killed', 'app-killed', 'app-killed', 'app-killed'])
  expect(await all('quarantined')).toEqual(['pass', 'app-killed', 'app-killed', 'app-killed'])
})
