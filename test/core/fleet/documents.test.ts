import { describe, expect, it } from 'vitest'
import { readFleet } from '#core/fleet/documents.ts'
import { judge } from '#core/fleet/judge.ts'
import { sampleManifest, sampleRequest } from '#core/fleet/sample.ts'
import { pathText } from '#core/manifest/problems.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { policyData, requestRule, ruleDocument } from '../../support/fleet.ts'

const now = new Date('2026-11-21T12:00:00Z')

/** What is wrong with documents, as `number path: reason`. */
function faultsOf(...documents: readonly unknown[]): string[] {
  const read = readFleet(documents, now)
  if (read.kind === 'fleet') return []
  return read.findings.flatMap((found, index) => found.map(one => `${index} ${pathText(one.at)}: ${one.reason}`))
}

const listed = (name = 'listed') =>
  requestRule('sample', 'request.egress.host in org.hosts', {
    name,
    allows: { request: { egress: { host: 'a.example', port: 443 } } },
    denies: { request: { egress: { host: 'b.example', port: 443 } } },
  })

describe('a fleet', () => {
  it('lets rules read the values of its documents, and refuses a name that is in none', () => {
    expect(faultsOf(listed(), policyData({ hosts: ['a.example'] }))).toEqual([])
    expect(faultsOf(listed(), policyData({ host: ['a.example'] }))).toEqual([
      '0 spec.validations[0].expression: reads `hosts`, which is never there',
    ])
  })

  it('judges by the values in force, not by those of the tests', () => {
    const hosts = { org: { hosts: ['a.example', 'c.example'] } }
    const rule = requestRule('sample', 'request.egress.host in org.hosts', {
      allows: { ...hosts, request: { egress: { host: 'c.example', port: 443 } } },
      denies: { ...hosts, request: { egress: { host: 'b.example', port: 443 } } },
    })
    const fleet = readFleet([rule, policyData({ hosts: ['a.example'] })], now)
    const request = sampleRequest({ egress: { host: 'c.example', port: 443 } }, now)
    if (fleet.kind === 'refused' || 'reason' in request) throw new Error('refused')
    const manifest = sampleManifest({}) as Manifest
    const found = judge(fleet, { point: 'request', manifest, environment: 'production', now, request })
    expect(found).toMatchObject([{ weight: 'Deny', problem: { rule: 'request-rule', layer: 'org' } }])
  })

  it('takes no name twice: a team cannot put a rule or a value in the place of the organisation’s', () => {
    const team = { ...ruleDocument({ layer: 'team', action: 'Audit' }) }
    expect(faultsOf(ruleDocument(), team)).toEqual(['1 metadata.name: is contact-named, as that of another rule'])
    expect(faultsOf(policyData({ hosts: [] }), policyData({ hosts: ['evil.example'] }, 'team'))).toEqual([
      '1 spec.values.hosts: is set in another document too',
    ])
  })

  it('is refused for what all its rules together may cost a request', () => {
    const heavy = (name: string) =>
      requestRule('sample', "app.spec.egress.all(way, way.to != 'https://a.example')", {
        name,
        allows: {},
        denies: { app: { metadata: { name: 'sample' }, spec: { egress: [{ to: 'https://a.example' }] } } },
      })
    const denies = { request: { method: 'x' } }
    const cheap = (name: string) => requestRule('sample', "request.method != 'x'", { name, allows: {}, denies })
    const many = (count: number, rule: (name: string) => unknown) =>
      Array.from({ length: count }, (_, index) =>
        rule(`rule-${String.fromCharCode((97 + index / 26) | 0, 97 + (index % 26))}`),
      )
    expect(faultsOf(...many(150, cheap))).toEqual([])
    expect(faultsOf(...many(20, heavy)).filter(fault => /more than 100000 steps/.test(fault)).length).toBeGreaterThan(0)
  })

  it('is refused for a document of no known kind, and for values that are too large or badly named', () => {
    expect(faultsOf({ ...ruleDocument(), kind: 'Polcy' })).toEqual([expect.stringMatching(/^0 kind: must be one of/)])
    expect(faultsOf(policyData({ 'my-hosts': [] }))).toEqual([expect.stringMatching(/must be a name such as/)])
    expect(faultsOf(policyData({ text: 'x'.repeat(70_000) }))).toEqual([expect.stringMatching(/longer than 65536/)])
  })
})
