import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkManifest } from '#core/manifest/check.ts'
import { policyNames } from '#policies/pipeline.ts'
import { deployed, documentOf, documentWith, faultsOf, local, remedyAt } from '../../support/manifests.ts'

const at = (url: string) => documentOf({ upstreams: [{ name: 'stable', url }] })

describe('an unknown key', () => {
  it.each([
    ['apiversion', { ...documentOf(), apiversion: 'gatehouse/v1' }, 'apiVersion'],
    ['metadata.label', { ...documentOf(), metadata: { name: 'shop', label: {} } }, 'labels'],
    ['spec.webhook', documentOf({ webhook: {} }), 'webhooks'],
    ['spec.lifecycle.ttlDay', documentOf({ lifecycle: { stage: 'sandbox', ttlDay: 3 } }), 'ttlDays'],
    ['spec.webhooks.own.secret', documentWith({ secret: 'x' }), 'secrets'],
    ['spec.webhooks.own.retry.atempts', documentWith({ retry: { atempts: 3 } }), 'attempts'],
    [
      'spec.upstreams[0].ulr',
      documentOf({ upstreams: [{ name: 'stable', url: 'https://a.example.com', ulr: '' }] }),
      'url',
    ],
  ])('is refused with its path and the nearest known key: %s', (path, document, near) => {
    expect(faultsOf(document)).toEqual([`${path}: is not a known field`])
    expect(remedyAt(document, path)).toBe(`Did you mean \`${near}\`?`)
  })

  it('that resembles none comes with all that are known there', () => {
    expect(remedyAt(documentOf({ lifecycle: { stage: 'sandbox', birthday: 1 } }), 'spec.lifecycle.birthday')).toBe(
      'Remove it; known here: stage, ttlDays, expiresAt.',
    )
  })

  it('of a later version of the gateway is refused, never ignored', () => {
    for (const name of ['console', 'fleet'])
      expect(faultsOf(documentOf({ [name]: {} }))).toEqual([`spec.${name}: is not a known field`])
  })
})

it('reports all faults at once: of the schema, between fields, of upstreams and of policies', () => {
  const document = {
    ...documentOf({
      owner: { user: 'a', team: 'b' },
      lifecycle: { stage: 'prod', ttlDays: 3, expiresAt: '2027-01-01' },
      upstreams: [{ name: 'stable', url: 'ftp://shop.example.com', regoin: 'eu' }],
      webhooks: { github: { scheme: 'github', secrets: [], path: 'hooks', toleranceSeconds: 5 } },
      policies: { route: { mode: 'off' }, rout: { mode: 'on' } },
    }),
    kind: 'Microapp',
  }
  expect(faultsOf(document).map(fault => fault.split(': ')[0])).toEqual(
    expect.arrayContaining([
      'kind',
      'spec.owner.contact',
      'spec.lifecycle.stage',
      'spec.lifecycle.expiresAt',
      'spec.upstreams[0].regoin',
      'spec.upstreams[0].url',
      'spec.webhooks.github.secrets',
      'spec.webhooks.github.path',
      'spec.webhooks.github.toleranceSeconds',
      'spec.policies.route.mode',
      'spec.policies.rout',
      'spec.policies.rout.mode',
    ]),
  )
})

describe('an upstream', () => {
  it.each(['https://shop.example.com', 'https://shop.example.com:8443/base/', 'HTTPS://Shop.Example.com/'])(
    'may be %s',
    url => {
      expect(faultsOf(at(url))).toEqual([])
    },
  )

  it.each([
    '',
    'shop.example.com',
    'http://shop.example.com',
    'https://10.0.0.1',
    'https://shop',
    'https://user@shop.example.com',
    'https://gate.example.com/hooks/shop/github',
    'https://shop.example.com/?a=b',
    'https://shop.example.com/#a',
    'http://localhost:3000',
  ])('may not be %j', url => {
    expect(faultsOf(at(url))).toHaveLength(1)
    expect(faultsOf(at(url))[0]).toMatch(/^spec\.upstreams\[0\]\.url: /)
  })

  it('may be http on loopback in the local environment only', () => {
    expect(faultsOf(at('http://127.0.0.1:3000/x'), local)).toEqual([])
    expect(faultsOf(at('http://127.0.0.1:3000/x'), deployed)).toHaveLength(1)
  })

  it('is exactly one, named stable', () => {
    const stable = { name: 'stable', url: 'https://a.example.com' }
    expect(faultsOf(documentOf({ upstreams: [] }))).toEqual([
      'spec.upstreams: must have at least 1 item',
      'spec.upstreams: must hold one named stable',
    ])
    expect(faultsOf(documentOf({ upstreams: [stable, stable] }))).toEqual([
      'spec.upstreams[1].name: is stable again, and there is no residency to choose by',
    ])
    expect(faultsOf(documentOf({ upstreams: [{ ...stable, name: 'canary' }] }))).toEqual([
      'spec.upstreams: must hold one named stable',
      'spec.upstreams: hold a canary that nothing sends to',
    ])
  })
})

describe('the mode of a policy', () => {
  it.each([...policyNames])('of %s may be weakened only if it is not mandatory', (name, isMandatory) => {
    expect(faultsOf(documentOf({ policies: { [name]: { mode: 'enforce' } } }))).toEqual([])
    for (const mode of name === 'allowList' ? ['shadow'] : ['off', 'shadow']) {
      expect(faultsOf(documentOf({ policies: { [name]: { mode } } }))).toEqual(
        isMandatory ? [`spec.policies.${name}.mode: the policy ${name} always binds`] : [],
      )
    }
  })

  it('may be off or shadow for a policy that is not mandatory', () => {
    for (const mode of ['enforce', 'shadow', 'off'])
      expect(faultsOf(documentOf({ policies: { schema: { mode }, filter: { mode } } }))).toEqual([])
    expect(faultsOf(documentOf({ policies: { schema: { mode: 'maybe' } } }))).toHaveLength(1)
  })

  it('of an unknown policy is refused with the nearest one, never skipped', () => {
    expect(faultsOf(documentOf({ policies: { lifecycl: { mode: 'off' } } }))).toEqual([
      'spec.policies.lifecycl: is not a known policy',
    ])
    expect(remedyAt(documentOf({ policies: { lifecycl: { mode: 'off' } } }), 'spec.policies.lifecycl')).toBe(
      'Did you mean `lifecycle`?',
    )
    expect(faultsOf(documentOf({ policies: { constructor: { mode: 'off' } } }))).toHaveLength(1)
  })
})

it('refuses any other document without throwing', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.anything(),
        fc.jsonValue().map(spec => ({ ...documentOf(), spec })),
      ),
      other => {
        const checked = checkManifest(other, deployed)
        expect(checked.kind).toBe('refused')
      },
    ),
  )
})

it('accepts what it accepted again, in its canonical form', () => {
  const checked = checkManifest(documentOf(), deployed)
  expect(checked.kind === 'accepted' && faultsOf(checked.manifest)).toEqual([])
})

describe('where the owner is told', () => {
  const notified = (notify: unknown) =>
    documentOf({ owner: { user: 'tess', team: 'tests', contact: '#tests', notify } })
  const secret = 'owner'

  it('is any address that the gateway may fetch, with a query as well', () => {
    expect(faultsOf(notified({ url: 'https://hooks.example.com/a?b=c', secret }))).toEqual([])
  })

  it.each(['http://hooks.example.com', 'https://10.0.0.1/', 'https://gate.example.com/hooks/a/b', 'hooks.example.com'])(
    'is not %s',
    url => {
      expect(faultsOf(notified({ url, secret }))[0]).toMatch(/^spec\.owner\.notify\.url: /)
    },
  )

  it('may be http on loopback on one machine only', () => {
    const document = notified({ url: 'http://127.0.0.1:9000/', secret })
    expect(faultsOf(document, local)).toEqual([])
    expect(faultsOf(document)).toHaveLength(1)
  })

  it('needs both address and secret', () => {
    expect(faultsOf(notified({ url: 'https://hooks.example.com' }))).toHaveLength(1)
    expect(faultsOf(notified({ secret }))).toHaveLength(1)
  })
})
