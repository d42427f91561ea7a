import { describe, expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { AppName, isAppName, SecretName, SourceName } from '#core/names.ts'

const good = ['a', 'shop', 'where2eat', 'a-b-c', 'x'.repeat(63)]
const bad = ['', 'Shop', '1a', '-a', 'a-', 'a--b', 'a_b', 'a/b', 'a~b', 'a.b', 'a b', 'a\n', 'é', 'x'.repeat(64)]

describe('a name', () => {
  it('is lower-case words joined by single hyphens, whatever it names', () => {
    for (const kind of [AppName, SourceName, SecretName]) {
      for (const name of good) expect(kind.safeParse(name).success).toBe(true)
      for (const name of bad) expect(kind.safeParse(name).success).toBe(false)
    }
  })

  it('of an app is judged alike in a URL and in a manifest', () => {
    for (const name of [...good, ...bad]) expect(isAppName(name)).toBe(AppName.safeParse(name).success)
  })
})

it('stands under the keys that the design names', () => {
  expect(keys.pointer('shop')).toBe('apps/shop')
  expect(keys.revision('shop', 'sha256:00')).toBe('revisions/shop/sha256:00')
  expect(keys.pointer('shop').startsWith(keys.pointers)).toBe(true)
})
