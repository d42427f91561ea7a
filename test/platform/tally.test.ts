import { expect, it } from 'vitest'
import { Tally } from '#platform/tally.ts'

const series = (tally: Tally) => Object.fromEntries(tally.deltas())

it('labels that say the same are one series, whichever object says it, alone or in a list', () => {
  const tally = new Tally()
  const shared = { policy: 'route' }
  tally.count('policy_verdicts_total', shared, 1)
  tally.count('policy_verdicts_total', { policy: 'route' }, 2)
  tally.countEach('policy_verdicts_total', [shared, { policy: 'scopes' }])
  expect(series(tally)).toEqual({
    '["policy_verdicts_total",{"policy":"route"}]': 4,
    '["policy_verdicts_total",{"policy":"scopes"}]': 1,
  })
  expect(tally.counts).toBe(3)
})

it('times stand in their buckets and in one sum', () => {
  const tally = new Tally()
  const labels = { route: '/' }
  for (const ms of [3, 4, 70]) tally.observe('api_request_milliseconds', labels, ms)
  expect(series(tally)).toEqual({
    '["api_request_milliseconds",{"route":"/","le":"5"}]': 2,
    '["api_request_milliseconds",{"route":"/","le":"100"}]': 1,
    '["api_request_milliseconds",{"route":"/","le":"sum"}]': 77,
  })
})

it('what could not be flushed is added to what comes', () => {
  const tally = new Tally()
  tally.add('["deliveries_total",{}]', 5)
  tally.count('deliveries_total', {}, 1)
  expect(series(tally)).toEqual({ '["deliveries_total",{}]': 6 })
})
