import { describe, expect, it } from 'vitest'
import { type FleetRule, judge } from '#core/fleet/judge.ts'
import { readRule } from '#core/fleet/rule.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { ruleDocument, ruleWith } from '../../support/fleet.ts'
import { documentOf } from '../../support/manifests.ts'

const now = new Date('2026-11-21T12:00:00Z')
const nobody = { owner: { user: 'tess', team: 'tests', contact: 'nobody' } }

function rule(document: unknown): FleetRule {
  const read = readRule(document, now)
  if (read.kind === 'rule') return read.rule
  throw new Error(JSON.stringify(read.findings))
}

function judged(spec: Readonly<Record<string, unknown>>, rules: readonly FleetRule[], at = now) {
  const manifest = Manifest.parse(documentOf(spec, 'shop'))
  return judge({ rules, org: {} }, { point: 'publish', manifest, environment: 'production', now: at })
}

describe('judging a manifest', () => {
  it('names the rule, the place, what is wrong and what to do, and weighs it as the rule says', () => {
    expect(judged({}, [rule(ruleDocument())])).toEqual([])
    for (const action of ['Deny', 'Warn', 'Audit'] as const) {
      expect(judged(nobody, [rule(ruleDocument({ action }))])).toEqual([
        {
          weight: action,
          problem: {
            path: 'spec.owner.contact',
            reason: 'names nobody',
            remedy: 'Name somebody.',
            rule: 'contact-named',
            layer: 'org',
          },
        },
      ])
    }
  })

  it('takes an error for no pass, in a validation and in `match`: it denies unless the rule says otherwise', () => {
    const regions = { app: { spec: { residency: { regions: ['eu'] } } } }
    const others = { app: { spec: { residency: { regions: ['us'] } } } }
    const tests = [
      { name: 'eu', expect: 'allow', input: regions },
      { name: 'us', expect: 'deny', input: others },
    ]
    const unguarded = ruleWith("app.spec.residency.regions == ['eu']", tests)
    expect(judged({}, [rule(unguarded)])).toMatchObject([
      { weight: 'Deny', problem: { reason: expect.stringContaining('could not be judged') } },
    ])
    const lenient = { ...unguarded, spec: { ...unguarded.spec, action: 'Audit', failurePolicy: 'Warn' } }
    expect(judged({}, [rule(lenient)])).toMatchObject([{ weight: 'Warn' }])
    const matching = {
      ...unguarded,
      spec: { ...unguarded.spec, action: 'Audit', match: 'size(app.spec.residency.regions) > 0' },
    }
    expect(judged({}, [rule(matching)])).toMatchObject([{ weight: 'Deny' }])
  })

  it('asks the rules of every layer: a lower one can only add to what a higher one denies', () => {
    const lax = ruleWith("app.spec.owner.contact != 'noone'", [
      { name: 'a', expect: 'allow', input: { app: { spec: { owner: { contact: 'nobody' } } } } },
      { name: 'b', expect: 'deny', input: { app: { spec: { owner: { contact: 'noone' } } } } },
    ])
    const team = { ...lax, metadata: { name: 'team-rule' }, spec: { ...lax.spec, layer: 'team' } }
    expect(judged(nobody, [rule(team), rule(ruleDocument())])).toMatchObject([
      { weight: 'Deny', problem: { rule: 'contact-named' } },
    ])
  })

  it('lets an exception stand for its app through its last day, says so, and then denies again', () => {
    const exceptions = [{ app: 'shop', owner: 'mira', reason: 'moving house', until: '2026-11-30' }]
    const rules = [rule(ruleDocument({ exceptions }))]
    const remedy = expect.stringMatching(/Excepted until 2026-11-30 by mira: moving house$/)
    for (const at of [now, new Date('2026-11-30T23:59:59Z')])
      expect(judged(nobody, rules, at)).toMatchObject([{ weight: 'Audit', problem: { remedy } }])
    expect(judged(nobody, rules, new Date('2026-12-01T00:00:00Z'))).toMatchObject([{ weight: 'Deny' }])
    const others = [rule(ruleDocument({ exceptions: [{ ...exceptions[0], app: 'other' }] }))]
    expect(judged(nobody, others)).toMatchObject([{ weight: 'Deny' }])
  })
})
