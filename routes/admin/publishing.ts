import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { Pointer } from '#core/manifest/entry.ts'
import { proposalView } from '#core/manifest/proposal.ts'
import { readManifest } from '#core/manifest/read.ts'
import { type Pending, type Published, putInForce, revisionOf } from '#core/manifest/republish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import type { Ports } from '#core/ports.ts'
import { policyNames } from '#policies/pipeline.ts'
import { entryOf } from './app-status.ts'
import { call, pageOf, Why } from './call.ts'
import { Digest, Problem } from './openapi.ts'
import { Waiting, waiting } from './waiting.ts'

/** A manifest's file is at most this long. */
const maxManifestCharacters = 262_144

const Rollback = z.strictObject({ digest: Digest, reason: Why })

const Revised = z.object({
  digest: z.string(),
  inForce: z.boolean(),
  pending: Waiting.optional().describe('it waits for an approver'),
})

/** What is in force once something was published. */
export const Shown = z.object({
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
      does: 'Puts a manifest in force, or has it wait for an approver.',
      query: z.strictObject({
        renew: z.enum(['true', 'false']).optional(),
        promotedFrom: z.string().max(63).optional().describe('the environment in which the same digest is in force'),
      }),
      text: {
        maxCharacters: maxManifestCharacters,
        types: { 'application/yaml': z.string(), 'application/json': Manifest },
      },
      reason: 'required',
      answers: { 200: Shown, 202: z.object({ pending: Waiting, warnings: z.array(Problem) }) },
    },
    async ({ params: { app }, operator, reason, query, text }, ports) => {
      const read = readManifest(text, 'manifest', { ...ports.settings, policies: policyNames })
      if (read.kind === 'refused') throw new Fault('manifest-refused', `${app}: ${read.problems.length}`, read.problems)
      const { manifest, document } = read
      if (manifest.metadata.name !== app) throw anotherApp(app, manifest.metadata.name)

      const { renew, promotedFrom } = query
      const order = { publishedBy: operator.subject, renew: renew === 'true', isRollback: false, reason }
      const outcome = await putInForce(manifest, document, order, ports)
      await recorded(outcome, 'app.published', { ...(promotedFrom && { promotedFrom }) }, ports)
      return answerTo(outcome)
    },
  ),
  call(
    {
      method: 'get',
      path: '/apps/{app}/revisions',
      role: 'viewer',
      does: 'Lists the revisions of an app that are kept or wait, and which one is in force.',
      answers: { 200: pageOf(Revised) },
    },
    async ({ params: { app } }, ports) => {
      const [proposals, kept] = await Promise.all([
        ports.switchboard.proposals(app),
        ports.registryStore.revisions(app),
      ])
      const inForce =
        kept.length + proposals.length > 0 ? await digestInForce(app, ports) : (await entryOf(app, ports)).digest
      const digests = [...new Set([...kept, ...proposals.map(({ digest }) => digest)])]
      const items = digests.map(digest => {
        const pending = proposals.find(one => one.digest === digest)
        return { digest, inForce: digest === inForce, ...(pending && { pending: waiting(pending) }) }
      })
      return [200, { items, next: null }]
    },
  ),
  call(
    {
      method: 'get',
      path: '/apps/{app}/revisions/{digest}',
      role: 'viewer',
      does: 'Shows a manifest as its author wrote it, in force or not.',
      answers: {
        200: z.object({ app: z.string(), environment: z.string(), digest: z.string(), manifest: z.unknown() }),
      },
    },
    async ({ params: { app, digest } }, ports) => {
      const proposal = await ports.switchboard.proposal(app, digest)
      const document = proposal?.publication.revision.manifest ?? (await revisionOf(app, digest, ports)).document
      return [200, { app, environment: ports.settings.environment, digest, manifest: document }]
    },
  ),
  call(
    {
      method: 'post',
      path: '/apps/{app}/rollback',
      role: 'operator',
      does: 'Puts an earlier revision in force again.',
      body: Rollback,
      answers: { 200: Shown, 202: z.object({ pending: Waiting, warnings: z.array(Problem) }) },
    },
    async ({ params: { app }, operator, body: { digest, reason } }, ports) => {
      const { manifest, document } = await revisionOf(app, digest, ports)
      const order = { publishedBy: operator.subject, renew: false, isRollback: true, reason }
      const outcome = await putInForce(manifest, document, order, ports)
      await recorded(outcome, 'app.rolled_back', {}, ports)
      return answerTo(outcome)
    },
  ),
]

function answerTo(outcome: Published | Pending) {
  if (outcome.kind === 'published') return [200, shown(outcome)] as const
  const { proposal, warnings } = outcome
  return [202, { pending: waiting(proposalView(proposal)), warnings }] as const
}

async function recorded(
  outcome: Published | Pending,
  done: 'app.published' | 'app.rolled_back',
  more: Readonly<Record<string, unknown>>,
  { audit }: Ports,
): Promise<void> {
  const { publication, order } = outcome.kind === 'pending' ? outcome.proposal : outcome
  const { change, app, pointer } = publication
  const facts = { change, digest: pointer.digest, sequence: pointer.sequence, ...more }
  const type = outcome.kind === 'pending' ? 'app.proposed' : done
  await audit.record({ type, actor: order.publishedBy, app, reason: order.reason, facts })
}

/** `undefined` where nothing is, or nothing that can be used. */
async function digestInForce(app: string, { registry }: Ports): Promise<string | undefined> {
  const lookup = await registry.find(app)
  return lookup.kind === 'found' ? lookup.entry.digest : undefined
}

export function shown({ publication: { app, change, pointer }, lacking, warnings }: Published) {
  return { app, change, ...pointer, lacking, warnings }
}

function anotherApp(app: string, name: string): Fault {
  const remedy = `Send it to /admin/v1/apps/${name}, or name the app ${app} in the manifest.`
  const problem = { path: 'metadata.name', reason: `is ${name}, but the URL names ${app}`, remedy }
  return new Fault('manifest-refused', problem.reason, [problem])
}
