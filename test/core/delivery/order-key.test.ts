import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sealedOrderKey } from '#core/delivery/order-key.ts'
import { Secret } from '#core/secrets/secret.ts'

const kek = new Secret('GATEWAY_KEK', btoa('k'.repeat(32)))
const orderBy = '/data/id'

interface Setting {
  readonly app?: string
  readonly source?: string
  readonly key?: Secret
}

const byPointer = (id: unknown, { app = 'shop', source = 'stripe', key = kek }: Setting = {}) =>
  sealedOrderKey({ orderBy }, { app, source }, new Headers(), () => ({ data: { id } }), key)

const byHeader = (value: string | undefined, { app = 'shop', source = 'stripe', key = kek }: Setting = {}) => {
  const headers = new Headers(value === undefined ? {} : { 'x-customer': value })
  return sealedOrderKey({ orderBy: { header: 'X-Customer' } }, { app, source }, headers, noBody, key)
}

function noBody(): never {
  throw new Error('the body is of no concern here')
}

describe('a sealed key', () => {
  it('is equal for equal values, whether pointer or header named them, and under a key read anew', async () => {
    const seal = await byPointer('cus_1')
    expect(seal).toMatch(/^[0-9a-f]{32}$/)
    expect(await byPointer('cus_1')).toBe(seal)
    expect(await byHeader('cus_1')).toBe(seal)
    expect(await byPointer('cus_1', { key: new Secret('GATEWAY_KEK', kek.reveal()) })).toBe(seal)
  })

  it('differs by value, by the kind of value, by source, by app and by the gateway’s key', async () => {
    const seals = await Promise.all([
      byPointer('1'),
      byPointer(1),
      byPointer('2'),
      byPointer('1', { source: 'till' }),
      byPointer('1', { app: 'shop-two' }),
      byPointer('1', { key: new Secret('GATEWAY_KEK', btoa('j'.repeat(32))) }),
    ])
    expect(new Set(seals).size).toBe(seals.length)
  })

  it('cannot be the same for another split of source and value', async () => {
    expect(await byPointer('b","c', { source: 'a' })).not.toBe(await byPointer('c', { source: 'a","b' }))
  })

  it('never holds the value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 4 }), async value => {
        const seal = await byPointer(value)
        expect(seal).toMatch(/^[0-9a-f]{32}$/)
        expect(seal).not.toContain(value)
      }),
    )
  })
})

describe('an event keeps no order', () => {
  it('when its source asks for none, and then the body is not looked at', async () => {
    expect(
      await sealedOrderKey({ orderBy: undefined }, { app: 'a', source: 's' }, new Headers(), noBody, kek),
    ).toBeUndefined()
  })

  it.each([undefined, null, true, {}, ['a']])('when %j stands where the key should', async value => {
    expect(await byPointer(value)).toBeUndefined()
  })

  it('when the header is missing', async () => {
    expect(await byHeader(undefined)).toBeUndefined()
  })
})

it('is refused as secret-missing without a key-encryption key, rather than kept in the clear', async () => {
  const sealed = (id: unknown) =>
    sealedOrderKey({ orderBy }, { app: 'shop', source: 's' }, new Headers(), () => ({ data: { id } }), undefined)
  await expect(sealed('cus_1')).rejects.toMatchObject({ code: 'secret-missing' })
  expect(await sealed(undefined)).toBeUndefined()
})
