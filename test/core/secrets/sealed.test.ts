import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seal, unseal } from '#core/secrets/sealed.ts'
import { Secret } from '#core/secrets/secret.ts'
import { vaultReference } from '#core/secrets/vault.ts'

const key = new Secret('GATEWAY_KEK', btoa('k'.repeat(32)))
const other = new Secret('GATEWAY_KEK', btoa('o'.repeat(32)))
const by = { sealedAt: '2026-01-01T00:00:00.000Z', sealedBy: 'olga' }
const place = { app: 'shop', name: 'stripe-current' }

describe('a sealed secret', () => {
  it('opens as what it was, under the key that sealed it, for its app, name and date alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, unit: 'binary' }).filter(text => text.isWellFormed()),
        async value => {
          const sealed = await seal(value, place, key, by)
          expect(JSON.stringify(sealed)).not.toContain(value.length > 3 ? value : '\0never')
          expect(await unseal(sealed, place, [other, key])).toBe(value)
          expect(await unseal(sealed, { ...place, app: 'bistro' }, [key])).toBeUndefined()
          expect(await unseal(sealed, { ...place, name: 'stripe-next' }, [key])).toBeUndefined()
          expect(await unseal(sealed, place, [other])).toBeUndefined()
          expect(await unseal({ ...sealed, sealedAt: '2026-01-01T00:00:00.001Z' }, place, [key])).toBeUndefined()
        },
      ),
      { numRuns: 50 },
    )
  })

  it('does not open when any character of it was changed', async () => {
    const sealed = await seal('hunter2', place, key, by)
    for (const field of ['iv', 'ciphertext'] as const) {
      for (let at = 0; at < sealed[field].length; at++) {
        const changed =
          sealed[field].slice(0, at) + (sealed[field][at] === 'A' ? 'B' : 'A') + sealed[field].slice(at + 1)
        expect(await unseal({ ...sealed, [field]: changed }, place, [key])).toBeUndefined()
      }
    }
  })

  it('is another text each time', async () => {
    const [one, two] = await Promise.all([seal('same', place, key, by), seal('same', place, key, by)])
    expect(one.ciphertext).not.toBe(two.ciphertext)
  })
})

it.each([
  ['vault://secret/shop/stripe#current', { mount: 'secret', path: 'shop/stripe', field: 'current' }],
  ['vault://secret/../sys#x', undefined],
  ['vault://secret/a/./b#x', undefined],
  ['vault://secret#x', undefined],
  ['vault://secret/a', undefined],
  ['vault://secret/a?b#c', undefined],
  ['https://secret/a#b', undefined],
  ['whsec_abc', undefined],
])('a value that is a reference into Vault is known by its form: %s', (value, reference) => {
  expect(vaultReference(value)).toEqual(reference)
})
