import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { Pointer } from '#core/manifest/entry.ts'
import { readManifest } from '#core/manifest/read.ts'
import { type Published, putInForce, revisionOf } from '#core/manifest/republish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { policyNames } from '#policies/pipeline.ts'
import { entryOf } from './app-status.ts'
import { call, pageOf, Why } from './call.ts'
import { Problem } from './openapi.ts'

/** A manifest's file is at most this long. */
const maxManifestCharacters = 262_144

const Rollback = z.strictObject({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'must be a digest such as sha256:… with 64 hex digits' }),
  reason: Why,
})

/** What is in force once something was published. */
const Shown = z.object({
  ...Pointer.shape,
  app: z.string(),
  change: z.enum(['new', 'changed', 'renewed', 'unchanged']),
  lacking: z.array(z.string()).describe('replicas of the switchboard that have not confirmed yet'),
  warnings: z.array(Problem).describe('what fleet rules warn of'),
})

/** `/admin/v1/apps/{app}`: putting a manifest in force, and going back to one that was. */
export const publishing = [
  call(
    {
      method: 'put',
      path: '/apps/{app}',
      role: 'operator',
      does: 'Puts a manifest in force.',
      query: z.strictObject({ renew: z.enum(['true', 'false']).optional() }),
      text: {
        maxCharacters: maxManifestCharacters,
        types: { 'application/yaml': z.string(), 'application/json': Manifest },
      },
      reason: 'required',
      answers: { 200: Shown },
    },
    async ({ params: { app }, operator, reason, query, text }, ports) => {
      const read = readManifest(text, 'manifest', { ...ports.settings, policies: policyNames })
      if (read.kind === 'refused') throw new Fault('manifest-refused', `${app}: ${read.problems.length}`, read.problems)
      const { manifest, document } = read
      if (manifest.metadata.name !== app) throw anotherApp(app, manifest.metadata.name)

      const by = { publishedBy: operator.subject, renew: query.renew === 'true', isRollback: false }
      const published = await putInForce(manifest, document, by, ports)
      const { change, pointer } = published.publication
      const facts = { change, digest: pointer.digest, sequence: pointer.sequence }
      await ports.audit.record({ type: 'app.published', actor: operator.subject, app, reason, facts })
      return [200, shown(published)]
    },
  ),
  call(
    {
      method: 'get',
      path: '/apps/{app}/revisions',
      role: 'viewer',
      does: 'Lists the revisions of an app that are kept, and which one is in force.',
      answers: { 200: pageOf(z.object({ digest: z.string(), inForce: z.boolean() })) },
    },
    async ({ params }, ports) => {
      const { app, digest } = await entryOf(params.app, ports)
      const digests = await ports.registryStore.revisions(app)
      return [200, { items: digests.map(one => ({ digest: one, inForce: one === digest })), next: null }]
    },
  ),
  call(
    {
      method: 'post',
      path: '/apps/{app}/rollback',
      role: 'operator',
      does: 'Puts an earlier revision in force again.',
      body: Rollback,
      answers: { 200: Shown },
    },
    async ({ params: { app }, operator, body: { digest, reason } }, ports) => {
      const { manifest, document } = await revisionOf(app, digest, ports)
      const by = { publishedBy: operator.subject, renew: false, isRollback: true }
      const published = await putInForce(manifest, document, by, ports)
      await ports.audit.record({ type: 'app.rolled_back', actor: operator.subject, app, reason, facts: { digest } })
      return [200, shown(published)]
    },
  ),
]

function shown({ publication: { app, change, pointer }, lacking, warnings }: Published) {
  return { app, change, ...pointer, lacking, warnings }
}

function anotherApp(app: string, name: string): Fault {
  const remedy = `Send it to /admin/v1/apps/${name}, or name the app ${app} in the manifest.`
  const problem = { path: 'metadata.name', reason: `is ${name}, but the URL names ${app}`, remedy }
  return new Fault('manifest-refused', problem.reason, [problem])
}
