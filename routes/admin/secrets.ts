import { Hono } from 'hono'
import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { AppName, SecretName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { kekId, maxSecretCharacters, seal, unseal } from '#core/secrets/sealed.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { admitted, jsonFrom, parsed, reasonFrom, textFrom } from './gate.ts'

const Place = z.object({ app: AppName, name: SecretName })
const Value = z.strictObject({ value: z.string().min(1).max(maxSecretCharacters) })
const Reseal = z.strictObject({
  reason: z.string().trim().min(1, { error: 'must say why' }).max(1024),
  cursor: z.string().max(1024).optional(),
})

const dayMs = 86_400_000

/** `/admin/v1/secrets`: sealing an app's secrets. A value goes in and never comes out. */
export const secrets = (ports: Ports) =>
  new Hono()
    .put('/:app/:name', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const reason = await reasonFrom(context.req.raw)
      const { app, name } = parsed(Place, context.req.param())
      const isJson = context.req.header('content-type')?.includes('json') ?? false
      const given = isJson
        ? await jsonFrom(context.req.raw)
        : { value: await textFrom(context.req.raw, maxSecretCharacters) }
      const { value } = parsed(Value, given)

      const by = { sealedAt: ports.clock.now().toISOString(), sealedBy: operator.subject }
      const sealed = await seal(value, { app, name }, keyOf(ports), by)
      const { lacking } = await ports.secretStore.put(app, name, sealed)
      await ports.audit.record({ type: 'secret.sealed', actor: operator.subject, app, reason, facts: { secret: name } })
      return context.json({ app, name, ...by, lacking })
    })

    .get('/:app', async context => {
      await admitted(context.req.raw, 'operator', ports)
      const { app } = parsed(Place.pick({ app: true }), context.req.param())
      const current = ports.settings.keyEncryptionKey && (await kekId(ports.settings.keyEncryptionKey))
      const { items, cursor } = await ports.secretStore.list(app, context.req.query('cursor'))
      const nowMs = ports.clock.now().getTime()
      const shown = items.map(async ({ name, sealedAt, sealedBy, kek }) => {
        const lastUsedAt = await ports.counters.lastCounted(app, 'secret_uses_total', { secret: name })
        const ageDays = Math.floor((nowMs - Date.parse(sealedAt)) / dayMs)
        const isCurrentKey = kek === current
        return { name, sealedAt, sealedBy, ageDays, isCurrentKey, ...(lastUsedAt && { lastUsedAt }) }
      })
      return context.json({ items: await Promise.all(shown), next: cursor ?? null })
    })

    .post('/reseal', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const { reason, cursor } = parsed(Reseal, await jsonFrom(context.req.raw))
      const result = await resealed(cursor, operator.subject, ports)
      await ports.audit.record({ type: 'secret.resealed', actor: operator.subject, reason, facts: result })
      return context.json(result)
    })

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
