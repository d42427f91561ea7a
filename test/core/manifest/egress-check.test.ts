import { describe, expect, it } from 'vitest'
import { deployed, documentOf, faultsOf, local, remedyAt } from '../../support/manifests.ts'

const faults = (egress: unknown, spec = {}, setting = deployed) => faultsOf(documentOf({ egress, ...spec }), setting)

describe('ways out', () => {
  it('are none unless they are named, and may be many', () => {
    expect(faults([])).toEqual([])
    expect(faults([{ to: 'https://a.example.com' }, { to: 'GET https://a.example.com' }])).toEqual([])
    const many = Array.from({ length: 1001 }, (_, n) => ({ to: `https://a${n}.example.com` }))
    expect(faults(many.slice(1))).toEqual([])
    expect(faults(many)).toEqual(['spec.egress: more than 1000 rules'])
  })

  it('are all looked at, each with its own fault', () => {
    expect(
      faults([
        { to: 'http://a.example.com' },
        { to: 'https://*.co.uk' },
        { to: 'https://gate.example.com/x' },
        { to: 'http://localhost:8788' },
        {
          to: 'https://a.example.com',
          credential: { as: 'oauth2', secret: 's', clientId: 'c', tokenUrl: 'https://10.0.0.1/t' },
        },
        { to: 'https://**.example.com', credential: { as: 'bearer', secret: 's' } },
        { to: 'https://a.example.com' },
        { to: 'https://b.example.com', tiemoutMs: 1 },
      ]),
    ).toEqual([
      'spec.egress[0].to: must be https; http is for http://localhost:<port> only',
      'spec.egress[7].tiemoutMs: is not a known field',
      'spec.egress[1].to: has a wildcard directly under a public suffix, where the next name may belong to anybody',
      "spec.egress[2].to: is the gateway's own address",
      'spec.egress[3].to: may be http://localhost only in the local environment',
      'spec.egress[4].credential.tokenUrl: has an IP address for a host',
      'spec.egress[5].to: lends a credential to hosts of any depth',
      'spec.egress[6].to: says the same as egress[4]',
    ])
    expect(faults([{ to: 'http://localhost:8788' }], {}, local)).toEqual([])
    expect(remedyAt(documentOf({ egress: [{ to: 'nowhere' }] }), 'spec.egress[0].to')).toContain(
      'GET,POST https://api.example.com',
    )
  })

  it('lead out of the residency only where masking really masks', () => {
    const rule = { to: 'https://a.example.com', region: 'us', masking: { entities: ['EMAIL'], action: 'redact' } }
    const upstreams = [{ name: 'stable', region: 'eu', url: 'https://eu.example.com' }]
    const spec = { residency: { regions: ['eu'] }, upstreams }
    expect(faults([rule], spec)).toEqual([])
    for (const mode of ['shadow', 'off'])
      expect(faults([rule], { ...spec, policies: { piiMasking: { mode } } })).toEqual([
        'spec.egress[0].region: us is outside residency.regions',
      ])
  })

  it.each(['prototype', 'sandbox'])('may be in shadow mode in the stage %s', stage => {
    const spec = { lifecycle: { stage }, policies: { allowList: { mode: 'shadow' } } }
    expect(faults([{ to: 'https://a.example.com', mode: 'shadow' }], spec)).toEqual([])
  })

  it.each(['validated', 'production', 'maintenance', 'decommission'])('may not in the stage %s', stage => {
    const spec = { lifecycle: { stage }, policies: { allowList: { mode: 'shadow' } } }
    expect(faults([{ to: 'https://a.example.com', mode: 'shadow' }], spec)).toEqual([
      'spec.egress[0].mode: may be in shadow mode only in the stages prototype and sandbox',
      'spec.policies.allowList.mode: may be in shadow mode only in the stages prototype and sandbox',
    ])
  })

  it('may keep what they are sent outside the residency only masked', () => {
    const residency = { regions: ['eu'], default: 'eu' }
    const spec = { residency, upstreams: [{ name: 'stable', region: 'eu', url: 'https://a.example.com' }] }
    const rule = { to: 'https://a.example.com', region: 'us' }
    expect(faults([rule], spec)).toContain('spec.egress[0].region: us is outside residency.regions')
    const masked = faults([{ ...rule, masking: { entities: ['EMAIL'], action: 'redact' } }], spec)
    expect(masked.filter(fault => fault.includes('region'))).toEqual([])
    expect(faults([{ ...rule, region: 'mars' }])).toEqual([
      'spec.egress[0].region: mars is not a region of this gateway',
    ])
  })

  it('cannot be left open by switching the allow-list off', () => {
    expect(faults([], { policies: { allowList: { mode: 'off' } } })).toEqual([
      'spec.policies.allowList.mode: may not be off',
    ])
  })
})
