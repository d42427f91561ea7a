import { Hono } from 'hono'
import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { readManifest } from '#core/manifest/read.ts'
import { type Published, putInForce, revisionOf } from '#core/manifest/republish.ts'
import type { Ports } from '#core/ports.ts'
import { policyNames } from '#policies/pipeline.ts'
import { entryOf } from './app-status.ts'
import { admitted, jsonFrom, parsed, reasonFrom, textFrom } from './gate.ts'

/** A manifest's file is at most this long. */
const maxManifestCharacters = 262_144

const Rollback = z.strictObject({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'must be a digest such as sha256:… with 64 hex digits' }),
  reason: z.string().trim().min(1, { error: 'must say why' }).max(1024),
})

/** `/admin/v1/apps/{app}`: putting a manifest in force, and going back to one that was. */
export const publishing = (ports: Ports) =>
  new Hono()
    .put('/:app', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const reason = await reasonFrom(context.req.raw)
      const app = context.req.param('app')
      const text = await textFrom(context.req.raw, maxManifestCharacters)
      const read = readManifest(text, 'manifest', { ...ports.settings, policies: policyNames })
      if (read.kind === 'refused') throw new Fault('manifest-refused', `${app}: ${read.problems.length}`, read.problems)
      const { manifest, document } = read
      if (manifest.metadata.name !== app) throw anotherApp(app, manifest.metadata.name)

      const by = { publishedBy: operator.subject, renew: context.req.query('renew') === 'true', isRollback: false }
      const published = await putInForce(manifest, document, by, ports)
      const { change, pointer } = published.publication
      const facts = { change, digest: pointer.digest, sequence: pointer.sequence }
      await ports.audit.record({ type: 'app.published', actor: operator.subject, app, reason, facts })
      return context.json(shown(published))
    })

    .get('/:app/revisions', async context => {
      await admitted(context.req.raw, 'viewer', ports)
      const { app, digest } = await entryOf(context, ports)
      const digests = await ports.registryStore.revisions(app)
      return context.json({ items: digests.map(one => ({ digest: one, inForce: one === digest })), next: null })
    })

    .post('/:app/rollback', async context => {
      const operator = await admitted(context.req.raw, 'operator', ports)
      const { digest, reason } = parsed(Rollback, await jsonFrom(context.req.raw))
      const app = context.req.param('app')
      const { manifest, document } = await revisionOf(app, digest, ports)
      const by = { publishedBy: operator.subject, renew: false, isRollback: true }
      const published = await putInForce(manifest, document, by, ports)
      await ports.audit.record({ type: 'app.rolled_back', actor: operator.subject, app, reason, facts: { digest } })
      return context.json(shown(published))
    })

function shown({ publication: { app, change, pointer }, lacking, warnings }: Published) {
  return { app, change, ...pointer, lacking, warnings }
}

function anotherApp(app: string, name: string): Fault {
  const remedy = `Send it to /admin/v1/apps/${name}, or name the app ${app} in the manifest.`
  const problem = { path: 'metadata.name', reason: `is ${name}, but the URL names ${app}`, remedy }
  return new Fault('manifest-refused', problem.reason, [problem])
}
