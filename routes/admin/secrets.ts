import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { AppName, SecretName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { kekId, maxSecretCharacters, seal, unseal } from '#core/secrets/sealed.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { call, pageOf, Time, Why } from './call.ts'
import { jsonIn, parsed } from './input.ts'

const Place = z.object({ app: AppName, name: SecretName })
const Value = z.strictObject({ value: z.string().min(1).max(maxSecretCharacters) })
const Reseal = z.strictObject({ reason: Why, cursor: z.string().max(1024).optional() })

const Seal = z.object({ name: z.string(), sealedAt: Time, sealedBy: z.string() })
const Sealed = Seal.extend({ app: z.string(), lacking: z.array(z.string()) })
const Listed = Seal.extend({ ageDays: z.int(), isCurrentKey: z.boolean(), lastUsedAt: Time.optional() })
const Resealed = z.object({ resealed: z.int(), failed: z.array(z.string()), next: z.string().nullable() })

const dayMs = 86_400_000

/** `/admin/v1/secrets`: sealing an app's secrets. A value goes in and never comes out. */
export const secrets = [
  call(
    {
      method: 'put',
      path: '/secrets/{app}/{name}',
      role: 'operator',
      does: 'Seals a secret of an app: the body as it is, or its `value`.',
      text: { maxCharacters: 65_536, types: { 'text/plain': z.string(), 'application/json': Value } },
      reason: 'required',
      answers: { 200: Sealed },
    },
    async ({ params, operator, reason, text, request }, ports) => {
      const { app, name } = parsed(Place, params)
      const isJson = request.headers.get('content-type')?.includes('json') ?? false
      if (!isJson && text.length > maxSecretCharacters) throw new Fault('body-too-large', 'a secret of that length')
      const { value } = isJson ? jsonIn(text, Value) : parsed(Value, { value: text })

      const by = { sealedAt: ports.clock.now().toISOString(), sealedBy: operator.subject }
      const sealed = await seal(value, { app, name }, keyOf(ports), by)
      const { lacking } = await ports.secretStore.put(app, name, sealed)
      await ports.audit.record({ type: 'secret.sealed', actor: operator.subject, app, reason, facts: { secret: name } })
      return [200, { app, name, ...by, lacking }]
    },
  ),
  call(
    {
      method: 'get',
      path: '/secrets/{app}',
      role: 'operator',
      does: 'Lists the sealed secrets of an app with age and last use; never a value.',
      query: z.strictObject({ cursor: z.string().max(1024).optional() }),
      answers: { 200: pageOf(Listed) },
    },
    async ({ params, query }, ports) => {
      const { app } = parsed(Place.pick({ app: true }), params)
      const current = ports.settings.keyEncryptionKey && (await kekId(ports.settings.keyEncryptionKey))
      const { items, cursor } = await ports.secretStore.list(app, query.cursor)
      const nowMs = ports.clock.now().getTime()
      const shown = items.map(async ({ name, sealedAt, sealedBy, kek }) => {
        const lastUsedAt = await ports.counters.lastCounted(app, 'secret_uses_total', { secret: name })
        const ageDays = Math.floor((nowMs - Date.parse(sealedAt)) / dayMs)
        const used = lastUsedAt && { lastUsedAt: lastUsedAt.toISOString() }
        return { name, sealedAt, sealedBy, ageDays, isCurrentKey: kek === current, ...used }
      })
      return [200, { items: await Promise.all(shown), next: cursor ?? null }]
    },
  ),
  call(
    {
      method: 'post',
      path: '/secrets/reseal',
      role: 'operator',
      does: 'Seals again, page by page, what an older key-encryption key sealed.',
      body: Reseal,
      answers: { 200: Resealed },
    },
    async ({ operator, body: { reason, cursor } }, ports) => {
      const result = await resealed(cursor, operator.subject, ports)
      await ports.audit.record({ type: 'secret.resealed', actor: operator.subject, reason, facts: result })
      return [200, result]
    },
  ),
]

/** One page of sealed secrets, of which those that an older key sealed are sealed again under the one in force. */
async function resealed(cursor: string | undefined, actor: string, ports: Ports) {
  const key = keyOf(ports)
  const current = await kekId(key)
  const { previousKeyEncryptionKey: previous } = ports.settings
  const page = await ports.secretStore.list(undefined, cursor)
  let count = 0
  const failed: string[] = []
  for (const { app, name, kek } of page.items) {
    if (kek === current) continue
    const stored = await ports.secretStore.get(app, name)
    const value = stored && (await unseal(stored, { app, name }, previous ? [key, previous] : [key]))
    if (stored === undefined || value === undefined) {
      failed.push(`${app}/${name}`)
      continue
    }
    const by = { sealedAt: stored.sealedAt, sealedBy: actor }
    await ports.secretStore.put(app, name, await seal(value, { app, name }, key, by))
    count += 1
  }
  return { resealed: count, failed, next: page.cursor ?? null }
}

function keyOf({ settings }: Ports): Secret {
  if (!settings.keyEncryptionKey) throw new Fault('secret-missing', 'GATEWAY_KEK is not set, so nothing can be sealed')
  return settings.keyEncryptionKey
}
