import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { Secret } from '#core/secrets/secret.ts'
import { kvKeySets } from '#platform/key-sets-kv.ts'

const kek = (letter: string) => new Secret('GATEWAY_KEK', btoa(letter.repeat(32)))
const source = { issuer: 'https://kept.idp.example.com' }

const names = async () => (await env.REGISTRY.list({ prefix: 'key-sets/' })).keys.map(({ name }) => name)

it('keys of issuers are kept for other isolates, and read only as the gateway wrote them, for the issuer they are of', async () => {
  const earlier = await names()
  const store = kvKeySets(env.REGISTRY, kek('k'))
  await store.put(source, { keys: ['one'] }, 60)
  expect(await kvKeySets(env.REGISTRY, kek('k')).get(source)).toEqual({ keys: ['one'] })
  expect(await kvKeySets(env.REGISTRY, kek('x')).get(source)).toBeUndefined()

  const [name = ''] = (await names()).filter(one => !earlier.includes(one))
  const text = (await env.REGISTRY.get(name)) ?? ''
  await env.REGISTRY.put(name, text.replace('one', 'two'))
  expect(await store.get(source)).toBeUndefined()
  await env.REGISTRY.put(name, JSON.stringify({ keys: ['two'] }))
  expect(await store.get(source)).toBeUndefined()

  const other = { issuer: 'https://other.idp.example.com' }
  await store.put(other, { keys: ['others'] }, 60)
  const [others = ''] = (await names()).filter(one => one !== name && !earlier.includes(one))
  await env.REGISTRY.put(name, (await env.REGISTRY.get(others)) ?? '')
  expect(await store.get(source)).toBeUndefined()
})
