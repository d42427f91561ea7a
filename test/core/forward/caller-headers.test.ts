import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { callerHeaders } from '#core/forward/caller-headers.ts'
import { entryOf, exchangeOf } from '../../support/ports.ts'
import { appTokensOf } from '../../support/signing-keys.ts'

const appTokens = appTokensOf({ now: () => new Date() })
const mira = { issuer: 'https://idp.example.com', subject: 'mira', scopes: ['a', 'b'], claims: {} }

async function toldTo(app: string, principal?: typeof mira) {
  const entry = { ...entryOf(), app }
  const headers = await callerHeaders(exchangeOf({ app, entry, ...(principal && { principal }) }), { appTokens })
  const { 'gatehouse-token': token = '', ...fields } = Object.fromEntries(headers)
  const { app: of, sub, scope } = decodeJwt(token)
  return { fields, token, of, sub, scope }
}

it('each app is told of the same caller with a token of its own, also when they take turns', async () => {
  const shop = await toldTo('shop', mira)
  const desk = await toldTo('desk', mira)
  const again = await toldTo('shop', mira)
  expect([shop.of, desk.of]).toEqual(['shop', 'desk'])
  expect(again).toEqual(shop)
  expect(shop).toMatchObject({
    fields: { 'gatehouse-subject': 'mira', 'gatehouse-issuer': mira.issuer, 'gatehouse-scopes': 'a b' },
    sub: 'mira',
    scope: 'a b',
  })
})

it('nothing of a caller is told of nobody', async () => {
  await toldTo('shop', mira)
  expect(await toldTo('shop')).toMatchObject({ fields: {}, of: 'shop', sub: 'anonymous', scope: '' })
})
