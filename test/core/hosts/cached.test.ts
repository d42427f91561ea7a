import { expect, it } from 'vitest'
import { cachedHosts } from '#core/hosts/cached.ts'
import { keys } from '#core/keys.ts'
import { entryOf, recordingPorts } from '../../support/ports.ts'

const host = 'shop.example.com'

/** Hosts as an isolate remembers them, over a registry and a clock that the test sets by hand. */
function stage() {
  const { ports, pass, logged } = recordingPorts()
  const owners = new Map<string, string>()
  const listed = new Map<string, string[]>()
  const under: Promise<unknown>[] = []
  const state = { reads: 0, isAway: false }
  const store = {
    ownerOf: async (key: string) => {
      state.reads += 1
      if (state.isAway) throw new Error('away')
      return owners.get(key)
    },
  }
  const api = { routes: [{ path: '/*', methods: ['GET'], auth: 'none' }] }
  const registry = {
    find: async (app: string) => {
      const hosts = listed.get(app)
      return hosts ? ({ kind: 'found', entry: entryOf({ hosts, api }) } as const) : ({ kind: 'unknown' } as const)
    },
  }
  return {
    ...{ state, pass, logged, under },
    hosts: cachedHosts(store, registry, ports, work => void under.push(work)),
    give(app: string) {
      owners.set(keys.host(host), app)
      listed.set(app, [host])
    },
    take: (app: string) => void listed.set(app, []),
  }
}

it('a host is remembered 20 s, then read again in the background, and waited for after 30 s', async () => {
  const { hosts, give, state, pass, under } = stage()
  give('shop')
  expect(await hosts.find(host)).toBe('shop')
  pass(19_999)
  expect(hosts.find(host)).toBe('shop')
  expect([state.reads, under.length]).toEqual([1, 0])
  pass(1)
  expect(hosts.find(host)).toBe('shop')
  await Promise.all(under)
  expect(state.reads).toBe(2)
  pass(30_000)
  expect(hosts.find(host)).toBeInstanceOf(Promise)
})

it('that a host is nobody’s is remembered for 5 s', async () => {
  const { hosts, give, state, pass } = stage()
  expect(await hosts.find(host)).toBeUndefined()
  give('shop')
  pass(4_999)
  expect(hosts.find(host)).toBeUndefined()
  expect(state.reads).toBe(1)
  pass(1)
  expect(await hosts.find(host)).toBe('shop')
})

it('a host that its app no longer lists goes to the next one within 5 s of being its own', async () => {
  const { hosts, give, take, pass } = stage()
  give('shop')
  expect(await hosts.find(host)).toBe('shop')
  take('shop')
  hosts.renew('shop')
  expect(await hosts.find(host)).toBe('shop')
  give('next')
  pass(5_000)
  expect(await hosts.find(host)).toBe('next')
})

it('while the registry is away what was known stands; of what was never heard of nothing is said', async () => {
  const { hosts, give, state, pass, logged } = stage()
  give('shop')
  await hosts.find(host)
  state.isAway = true
  pass(30_000)
  expect(await hosts.find(host)).toBe('shop')
  await expect(hosts.find('other.example.com')).rejects.toMatchObject({ code: 'overloaded' })
  expect(logged).toContain('error host-unread')
})
