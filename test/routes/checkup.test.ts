import { env, exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { keys } from '#core/keys.ts'
import { cachedRegistry } from '#core/manifest/cached.ts'
import { publication, registryItems } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { pointerTrust } from '#core/manifest/trust.ts'
import type { Ports } from '#core/ports.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { checkup } from '#routes/checkup.ts'
import { admin } from '../support/admin.ts'
import { documentOf } from '../support/manifests.ts'
import { publish } from '../support/publish.ts'

const real = portsFrom(env as unknown as Env & Record<string, unknown>)

interface Status {
  readonly checkedAt: string | null
  readonly apps: number
  readonly bad: readonly { readonly app: string; readonly reason: string }[]
  readonly missingSecrets: readonly { readonly app: string; readonly name: string }[]
}

const statusNow = async () => (await admin('status', { roles: ['viewer'] })).json<Status>()

/** Runs until the registry was gone through once. */
async function wholeRound(ports: Ports): Promise<{ readonly runs: number; readonly status: Status }> {
  await env.REGISTRY.delete(keys.status)
  for (let runs = 1; ; runs++) {
    await checkup(ports)
    const status = await statusNow()
    if (status.checkedAt !== null) return { runs, status }
  }
}

/** Storage of a thousand apps, one of them with a pointer that is none. */
async function thousand(): Promise<{ readonly names: string[]; readonly store: Ports['registryStore'] }> {
  const names = Array.from({ length: 1_000 }, (_, n) => `checked-${String(n).padStart(3, '0')}`)
  const setting = { now: new Date(), publishedBy: 'tests', environment: 'local', renew: false }
  const held = new Map<string, unknown>()
  for (const name of names) {
    const document = documentOf({}, name)
    const made = await publication(Manifest.parse(document), document, undefined, setting)
    for (const { key, value } of registryItems([made])) held.set(key, JSON.parse(value))
  }
  held.set(keys.pointer('checked-500'), { digest: 'sha256:none' })
  const store = {
    newest: async (app: string) => ({ pointer: held.get(keys.pointer(app)), highest: 0 }),
    revision: async (app: string, digest: string) => held.get(keys.revision(app, digest)),
    async apps({ limit, cursor = '0' }: { limit: number; cursor?: string }) {
      const end = Number(cursor) + limit
      const apps = names.slice(Number(cursor), end).map(app => ({ app, about: {} }))
      return { apps, ...(end < names.length && { cursor: String(end) }) }
    },
  }
  return { names, store: store as unknown as Ports['registryStore'] }
}

it('one bad entry among 1,000 is named, and the other 999 are served', async () => {
  const { names, store } = await thousand()
  const secrets = { ...real.secrets, peek: async () => undefined }
  const { runs, status } = await wholeRound({ ...real, registryStore: store, secrets })
  expect(runs).toBe(4)
  expect(status).toMatchObject({
    apps: 1_000,
    bad: [{ app: 'checked-500', reason: 'pointer of checked-500 is malformed' }],
  })
  expect(status.missingSecrets).toContainEqual({ app: 'checked-007', name: 'current' })

  const registry = cachedRegistry(store, pointerTrust(real.settings), real.clock, real.log, () => {})
  const lookups = await Promise.all(names.map(name => registry.find(name)))
  const served = names.filter((_, index) => lookups[index]?.kind === 'found')
  expect(served).toEqual(names.filter(name => name !== 'checked-500'))
})

it('reads what KV and the secrets of a gateway really hold', async () => {
  const webhooks = { github: { scheme: 'github', secrets: ['there', 'nowhere'], path: '/in' } }
  await publish({ name: 'checked-real', webhooks, secrets: { there: 'value' } })
  await env.REGISTRY.put(keys.pointer('checked-torn'), '{"half a')
  const only = async () => ({ apps: ['checked-real', 'checked-torn'].map(app => ({ app, about: {} })) })
  const { status } = await wholeRound({ ...real, registryStore: { ...real.registryStore, apps: only } })
  expect(status.apps).toBe(2)
  expect(status.bad).toMatchObject([{ app: 'checked-torn' }])
  expect(status.missingSecrets).toEqual([{ app: 'checked-real', name: 'nowhere' }])

  const faultOf = async (app: string) => {
    const answer = await exports.default.fetch(`http://gate.example/hooks/${app}/github`, { method: 'POST' })
    return answer.headers.get('gatehouse-fault')
  }
  expect(await faultOf('checked-torn')).toBe('entry-invalid')
  expect(await faultOf('checked-real')).toBe('signature-missing')
  await env.REGISTRY.delete(keys.pointer('checked-torn'))
})
