import { expect, it } from 'vitest'
import { checkManifest } from '#core/manifest/check.ts'
import { outcomesOf } from '#core/masking/destinations.ts'
import { deployed, documentOf } from '../../support/manifests.ts'
import { fixedKeys } from '../../support/masking.ts'

const json = { mail: 'ann@example.com', card: '4111 1111 1111 1111', name: 'Ann' }

it('every way of a manifest is told, with what its rule masks, what its schema tags and what passes', () => {
  const schema = { properties: { name: { type: 'string', 'x-pii': true } } }
  const hook = { scheme: 'stripe', secrets: ['current'], path: '/hooks' }
  const checked = checkManifest(
    documentOf({
      webhooks: { stripe: { ...hook, masking: { entities: ['EMAIL'], action: 'drop' }, schema } },
      api: { routes: [{ path: '/v1/orders', methods: ['POST'], auth: 'none' }] },
      masking: { request: { entities: ['CREDIT_CARD'], action: 'mask' } },
      egress: [
        { to: 'https://model.example.com', masking: { entities: ['EMAIL', 'CREDIT_CARD'], action: 'tokenize' } },
        { to: 'https://plain.example.com' },
      ],
    }),
    deployed,
  )
  if (checked.kind === 'refused') throw new Error(JSON.stringify(checked.findings))
  const told = outcomesOf(checked.manifest, { json }, fixedKeys('shop')).map(({ place, outcomes }) => [
    place,
    ...outcomes.map(({ pointer, action }) => `${pointer} ${action}`),
  ])
  expect(told).toEqual([
    ['webhooks.stripe.masking', '/card passes', '/mail drop', '/name drop'],
    ['masking.request', '/card mask', '/mail passes'],
    ['masking.response', '/card passes', '/mail passes'],
    ['egress[0].masking', '/card tokenize', '/mail tokenize'],
    ['egress[1].masking', '/card passes', '/mail passes'],
  ])
})
