import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxTokenizedBytes } from '#core/masking/app-keys.ts'
import { readToken, spellToken } from '#core/masking/token.ts'
import { fixedKeys, keysOf } from '../../support/masking.ts'

const value = fc.string({ unit: 'grapheme', maxLength: 60 })

describe('a token', () => {
  it('opens to exactly the value it was made from', () => {
    const keys = fixedKeys('shop')
    fc.assert(
      fc.property(value, original => {
        expect(keys.open(keys.seal('EMAIL', original) ?? '')).toEqual({ type: 'EMAIL', value: original })
      }),
    )
  })

  it('is equal for equal values of one type, app and tenant, and for no others', async () => {
    const [shop, other] = await Promise.all([keysOf('shop'), keysOf('other')])
    const token = shop.seal('EMAIL', 'ann@example.com')
    expect((await keysOf('shop')).seal('EMAIL', 'ann@example.com')).toBe(token)
    const others = [
      shop.seal('PHONE', 'ann@example.com'),
      shop.seal('EMAIL', 'ann@example.org'),
      other.seal('EMAIL', 'ann@example.com'),
      shop.ofTenant('acme').seal('EMAIL', 'ann@example.com'),
    ]
    expect(new Set([token, ...others]).size).toBe(5)
  })

  it('does not open for another app or another tenant', async () => {
    const [shop, other] = await Promise.all([keysOf('shop'), keysOf('other')])
    const token = shop.seal('EMAIL', 'ann@example.com') ?? ''
    expect(other.open(token)).toBeUndefined()
    expect(shop.ofTenant('acme').open(token)).toBeUndefined()
    expect(shop.open(token.replace('EMAIL', 'PHONE'))).toBeUndefined()
  })

  it('is letters, digits and underscores, so prompt, JSON and URL leave it as it is', () => {
    const keys = fixedKeys('shop')
    fc.assert(
      fc.property(value, original => {
        const token = keys.seal('CREDIT_CARD', original) ?? ''
        expect(token).toMatch(/^GHT_CREDIT_CARD_[0-9A-Z]+$/)
        expect(encodeURIComponent(JSON.stringify(token).slice(1, -1))).toBe(token)
      }),
    )
  })

  it('opens in whatever case a model wrote it', () => {
    const keys = fixedKeys('shop')
    const token = keys.seal('EMAIL', 'ann@example.com') ?? ''
    expect(keys.open(token.toLowerCase())?.value).toBe('ann@example.com')
  })

  it('with any one character changed is none, by its check character alone', () => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 40 }), fc.nat(), fc.nat(30), (bytes, place, step) => {
        const token = spellToken('EMAIL', bytes)
        const start = 'GHT_EMAIL_'.length
        const at = start + (place % (token.length - start - 1))
        const other = alphabet[(alphabet.indexOf(token[at] ?? '') + 1 + step) % 32]
        expect(readToken(token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined()
      }),
    )
  })

  it('is not made of a value that no prompt could carry, nor of what is no text', () => {
    const keys = fixedKeys('shop')
    expect(keys.seal('API_SECRET', 'x'.repeat(maxTokenizedBytes))).toBeDefined()
    expect(keys.seal('API_SECRET', 'x'.repeat(maxTokenizedBytes + 1))).toBeUndefined()
    expect(keys.seal('EMAIL', 'a\ud800@example.com')).toBeUndefined()
  })

  it('is read from hostile text without harm', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map(text => `GHT_${text}`),
        ),
        text => {
          expect(readToken(text)).toBeUndefined()
        },
      ),
    )
    expect(readToken(`GHT_${'A_'.repeat(500_000)}`)).toBeUndefined()
  })
})

describe('the keys of an app', () => {
  it('do not print', async () => {
    const keys = await keysOf('shop')
    expect(JSON.stringify(keys)).toBe('{"app":"shop","tenant":""}')
  })

  it('need a key-encryption key', async () => {
    const { appKeys } = await import('#core/masking/app-keys.ts')
    await expect(appKeys('shop', undefined)).rejects.toMatchObject({ code: 'secret-missing' })
  })
})
