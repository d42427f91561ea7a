import { describe, expect, it } from 'vitest'
import { readRule } from '#core/fleet/rule.ts'
import { pathText } from '#core/manifest/problems.ts'
import { ruleDocument, ruleWith } from '../../support/fleet.ts'

const now = new Date('2026-11-21T12:00:00Z')

/** What is wrong with a rule, as `path: reason | remedy`. */
function faultsOf(document: unknown): string[] {
  const read = readRule(document, now)
  return read.kind === 'rule' ? [] : read.findings.map(one => `${pathText(one.at)}: ${one.reason} | ${one.remedy}`)
}

const { tests } = ruleDocument().spec

describe('a rule', () => {
  it('is taken when its form is right and its tests pass', () => {
    expect(faultsOf(ruleDocument())).toEqual([])
  })

  it('is refused for an unknown field, layer, point or action, all at once', () => {
    const found = faultsOf({ ...ruleDocument({ layer: 'guild', points: ['deploy'], action: 'Block' }), extra: 1 })
    expect(found.map(one => one.split(':')[0]).sort()).toEqual(['extra', 'spec.action', 'spec.layer', 'spec.points[0]'])
  })

  it.each([
    ['app.spec.lifecycle.ttlDay <= 3', /reads `ttlDay`.*Did you mean `ttlDays`\?/],
    ['has(app.spec.residencies)', /reads `residencies`/],
    ["app.spec.webhooks['x'].schema2 == 1", /reads `schema2`/],
    ['app.spec.egress.all(way, way.host.startsWith("a"))', /reads `host`/],
    ['app.spec.egress.filter(way, way.too == "a").size() == 0', /reads `too`/],
    ['app.spec.webhooks.all(name, app.spec.webhooks[name].secret == "a")', /reads `secret`/],
    ['app.spec.webhooks.all(name, name.scheme == "stripe")', /reads `scheme`/],
    ['ap.spec.owner.user == ""', /`ap` is not known here/],
    ['app.spec.owner.user', /neither|never true|answer/],
    ['app.spec.owner.user ==', /is not a CEL expression/],
  ])('is refused when it reads what no manifest has, or is no condition: %s', (expression, reason) => {
    const found = faultsOf(ruleWith(expression, tests))
    expect(found.length).toBeGreaterThan(0)
    expect(found.join('\n')).toMatch(reason)
  })

  it('may read every part of a manifest: lists, records, unions and labels', () => {
    const expression = [
      "app.spec.owner.contact != 'nobody'",
      'app.spec.egress.all(way, !has(way.credential) || way.credential.as == "bearer")',
      'app.spec.webhooks.all(name, app.spec.webhooks[name].retry.attempts < 50)',
      '(!has(app.metadata.labels.team) || app.metadata.labels.team != "x")',
      'lifetimeDays > 0 && environment != "" && size(secrets) >= 0',
    ].join(' && ')
    expect(faultsOf(ruleWith(expression, tests))).toEqual([])
  })

  it('is refused when a test of its own fails, errs, or starts from what is no manifest', () => {
    const [allow, deny] = tests
    expect(faultsOf(ruleWith('true', tests))).toEqual([expect.stringMatching(/“nobody” expects deny and gets allow/)])
    expect(faultsOf(ruleWith('app.spec.residency.regions == ["eu"]', tests))).toEqual([
      expect.stringMatching(/“somebody” ends in an error: it reads a member that is not there.*has\(\)/),
      expect.stringMatching(/“nobody” ends in an error/),
    ])
    const ownerless = { name: 'ownerless', expect: 'deny', input: { app: { spec: { owner: null } } } }
    expect(faultsOf(ruleDocument({ tests: [allow, deny, ownerless] }))).toEqual([
      expect.stringMatching(/spec.tests\[2\]: “ownerless” is no manifest: spec.owner is required/),
    ])
  })

  it('is refused when no test shows that it allows what it concerns, and that each of its validations denies', () => {
    const [allow, deny] = tests
    const [validation] = ruleDocument().spec.validations
    expect(faultsOf(ruleDocument({ tests: [allow, allow] }))).toEqual([expect.stringMatching(/is false in no test/)])
    expect(faultsOf(ruleDocument({ tests: [deny, deny] }))).toEqual([expect.stringMatching(/concerns and allows/)])
    const elsewhere = ruleDocument({ match: "app.spec.owner.contact == 'nobody'" })
    expect(faultsOf(elsewhere)).toEqual([expect.stringMatching(/concerns and allows/)])
    const untried = { ...validation, id: 'second', expression: "app.spec.owner.user != 'nobody'" }
    expect(faultsOf(ruleDocument({ validations: [validation, untried] }))).toEqual([
      expect.stringMatching(/spec.validations\[1\]: is false in no test/),
    ])
  })

  it('is refused for a path of no manifest, an id used twice, and an exception without an end in sight', () => {
    const [validation] = ruleDocument().spec.validations
    const far = { app: 'shop', owner: 'mira', reason: 'moving', until: '2027-06-01' }
    const found = faultsOf(
      ruleDocument({ validations: [{ ...validation, path: 'spec.owner.mail' }, validation], exceptions: [far] }),
    )
    expect(found.map(one => one.split(':')[0]).sort()).toEqual([
      'spec.exceptions[0].until',
      'spec.validations[0].path',
      'spec.validations[1].id',
    ])
  })
})
