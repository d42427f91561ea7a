import { expect, it } from 'vitest'
import { encode } from '#core/encoding.ts'
import { derivedKey } from '#core/secrets/derived-key.ts'
import { Secret } from '#core/secrets/secret.ts'

const root = new Secret('GATEWAY_KEK', btoa('k'.repeat(32)))

it('is the same each time, and another for another app, purpose, size or root', async () => {
  const hex = async (...[secret, purpose, app, bytes]: Parameters<typeof derivedKey>) =>
    encode(await derivedKey(secret, purpose, app, bytes), 'hex')
  const key = await hex(root, 'order key', 'shop', 32)
  expect(await hex(root, 'order key', 'shop', 32)).toBe(key)
  expect(await hex(new Secret('GATEWAY_KEK', root.reveal()), 'order key', 'shop', 32)).toBe(key)
  const others = await Promise.all([
    hex(root, 'order key', 'bistro', 32),
    hex(root, 'token key', 'shop', 32),
    hex(new Secret('GATEWAY_KEK', btoa('l'.repeat(32))), 'order key', 'shop', 32),
  ])
  expect(new Set([key, ...others]).size).toBe(4)
  expect((await derivedKey(root, 'token key', 'shop', 64)).length).toBe(64)
})
