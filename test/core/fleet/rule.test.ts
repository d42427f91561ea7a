import { describe, expect, it } from 'vitest'
import { readRule } from '#core/fleet/rule.ts'
import { pathText } from '#core/manifest/problems.ts'
import { requestRule, ruleDocument, ruleWith } from '../../support/fleet.ts'

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

  it.each([
    ['app.spec.egress.all(one, app.spec.egress.all(other, one == other))', ['publish']],
    ['app.spec.api.routes.all(one, app.spec.egress.exists(way, way.to == one.path))', ['publish']],
    ["app.spec.egress.all(way, way.to.matches('(a|b)*c{1,9}'))", ['request']],
    ['app.spec.egress.all(way, way == way)', ['request']],
  ])('is refused for what it may cost with the longest lists that a manifest may have: %s', (expression, points) => {
    const { spec } = ruleWith(expression, tests)
    expect(faultsOf(ruleDocument({ ...spec, points })).join()).toMatch(
      /spec.validations\[0\].expression: may take \d+ steps .* and has (90|20)000 \| Loop over less/,
    )
  })

  it('may loop where the lists are short, and be asked about requests too', () => {
    const expression = [
      "app.spec.owner.contact != 'nobody'",
      'app.spec.limits.rate.all(one, one.limit > 0)',
      'app.spec.upstreams.all(one, app.spec.upstreams.exists(other, one.name == other.name))',
    ].join(' && ')
    expect(faultsOf(ruleDocument({ ...ruleWith(expression, tests).spec, points: ['publish', 'request'] }))).toEqual([])
  })

  it.each([
    [['publish'], "request.path == '/'", /`request` is not known here/],
    [['request'], 'size(secrets) == 0', /`secrets` is not known here/],
    [['publish', 'request'], "lifetimeDays > 3 && request.door == ''", /`request` is not known here/],
    [['request'], "request.headers['x-a'] == request.body", /reads `body`, which is never there/],
    [['request'], "request.egress.url == ''", /reads `url`/],
    [['request'], "request.caller.scope == ''", /reads `scope`.*Did you mean `scopes`\?/],
    [['request'], 'request.door in org.doors', /reads `doors`.*Known there: nothing/],
  ])('is refused for what its points do not have: %s %s', (points, expression, reason) => {
    expect(faultsOf(ruleDocument({ ...ruleWith(expression, tests).spec, points })).join()).toMatch(reason)
  })

  it('is refused when an error would weigh less than what the rule does', () => {
    for (const [action, failurePolicy] of [
      ['Deny', 'Warn'],
      ['Deny', 'Audit'],
      ['Warn', 'Audit'],
    ])
      expect(faultsOf(ruleDocument({ action, failurePolicy }))).toEqual([
        expect.stringMatching(/^spec.failurePolicy: weighs less than `action`/),
      ])
    for (const [action, failurePolicy] of [
      ['Warn', 'Deny'],
      ['Audit', 'Audit'],
      ['Audit', 'Warn'],
    ])
      expect(faultsOf(ruleDocument({ action, failurePolicy }))).toEqual([])
  })

  it('writes its message in CEL, from what may stand in a log alone', () => {
    const about = (messageExpression: string, more: object = {}) => {
      const { spec } = requestRule('shop', "request.path != '/x'", { allows: {}, denies: { request: { path: '/x' } } })
      const [{ message: _, ...validation } = {}] = spec.validations as { message?: string }[]
      return ruleDocument({ ...spec, validations: [{ ...validation, messageExpression, ...more }] })
    }
    expect(faultsOf(about("'by ' + request.method + ' of ' + app.metadata.name"))).toEqual([])
    for (const field of ['path', 'headers', 'address', 'caller'])
      expect(faultsOf(about(`string(request.${field})`)).join()).toMatch(new RegExp(`reads \`${field}\``))
    expect(faultsOf(about('1 + 1')).join()).toMatch(/its message: its answer is neither/)
    expect(faultsOf(about('request.egress.host')).join()).toMatch(/its message: it reads a member that is not there/)
    expect(faultsOf(about('app.spec.owner.nobody')).join()).toMatch(/reads `nobody`/)
    const mute = ruleDocument({ validations: [{ id: 'a', expression: 'true', remediation: 'Nothing.' }] })
    expect(faultsOf(mute).join()).toMatch(/spec.validations\[0\].message: says nothing/)
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
