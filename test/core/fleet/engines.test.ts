import { expect, it } from 'vitest'
import { deniedAtRequest } from '#core/fleet/at-request.ts'
import type { PolicyEngine } from '#core/fleet/engine.ts'
import { fleetEngines } from '#core/fleet/engines.ts'
import { openFleet, openRequestRules, storedFleet } from '#core/fleet/stored.ts'
import { fleetRules } from '#policies/fleet-rules.ts'
import { requestRule, ruleDocument } from '../../support/fleet.ts'
import { entryOf, exchangeOf, recordingPorts } from '../../support/ports.ts'

const now = new Date('2026-11-21T12:00:00Z')
const denies = { request: { method: 'POST' } }
const rule = requestRule('shop', "request.method != 'POST'", { allows: {}, denies })
const stored = await storedFleet([rule, ruleDocument()])

/** An engine that finds the same with everything. */
const finding = (weight: 'Deny' | 'Warn' | 'Audit'): PolicyEngine => ({
  name: 'other',
  judge: async () => [{ weight, problem: { path: 'spec', reason: 'no', remedy: 'None.', rule: 'other' } }],
})

it('asks nobody, and waits for nobody, where no rule is about requests', async () => {
  const fleet = await openRequestRules(await storedFleet([ruleDocument()]))
  const engines = fleetEngines({ find: () => fleet, renew: () => {} })
  expect(engines.atRequest()).toEqual([])
  expect(engines.atRequest()).toBe(engines.atRequest())
  const { ports, counted } = recordingPorts({ fleetRules: engines })
  expect(fleetRules.before(exchangeOf({ entry: entryOf() }), ports)).toEqual({ kind: 'pass', change: {} })
  expect(counted).toEqual([])
})

it('makes the engine once for each set of rules, and names their digest in what is recorded', async () => {
  const fleet = await openRequestRules(stored)
  const engines = fleetEngines({ find: () => fleet, renew: () => {} })
  expect(engines.atRequest()).toBe(engines.atRequest())
  const tallied: unknown[] = []
  const audit = { tally: (...args: unknown[]) => void tallied.push(args) } as never
  const { ports, counted, logged } = recordingPorts({
    fleetRules: engines,
    audit,
    settings: { environment: 'local' } as never,
  })
  const denied = await deniedAtRequest(exchangeOf({ entry: entryOf() }), ports)
  expect(denied).toMatchObject({ weight: 'Deny', problem: { rule: 'request-rule', layer: 'org' } })
  const what = {
    engine: 'cel',
    digest: stored.digest,
    rule: 'request-rule',
    layer: 'org',
    weight: 'Deny',
    door: 'hooks',
    why: 'broken',
  }
  expect(tallied).toEqual([['shop', 'policy.broken', what, 1]])
  expect(counted).toEqual([
    expect.stringMatching(/^shop fleet_rule_findings_total .*"weight":"Deny","why":"broken"\} 1$/),
  ])
  expect(logged).toEqual(['warn fleet-rule-broken'])
})

it('asks another engine at the points where it is to be asked, after our own, which may spare the question', async () => {
  const fleet = await openRequestRules(stored)
  const full = await openFleet(stored, now)
  const names = (engines: readonly PolicyEngine[]) => engines.map(({ name }) => name)
  const at = (points: readonly ('publish' | 'request')[]) =>
    fleetEngines({ find: () => fleet, renew: () => {} }, { engine: finding('Deny'), points })
  expect(names(await at(['request']).atRequest())).toEqual(['cel', 'other'])
  expect(names(at(['request']).atPublish(full))).toEqual(['cel'])
  expect(names(await at(['publish']).atRequest())).toEqual(['cel'])
  expect(names(at(['publish']).atPublish(full))).toEqual(['cel', 'other'])

  const audit = { tally: () => {} } as never
  const { ports, counted } = recordingPorts({
    fleetRules: at(['request']),
    audit,
    settings: { environment: 'local' } as never,
  })
  await deniedAtRequest(exchangeOf({ entry: entryOf() }), ports)
  expect(counted).toHaveLength(1)
  const get = await deniedAtRequest(exchangeOf({ entry: entryOf(), method: 'GET' }), ports)
  expect(get).toMatchObject({ problem: { rule: 'other' } })
})
