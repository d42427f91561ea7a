import * as z from 'zod'
import { assumptionsOf } from '#core/explain/assumptions.ts'
import { dryRun } from '#core/explain/dry-ports.ts'
import { type ExplainedVerdict, explain } from '#core/explain/explain.ts'
import { deciderOf } from '#core/explain/origin.ts'
import { outcomeOf } from '#core/explain/outcome.ts'
import { exchangeFor, Question } from '#core/explain/question.ts'
import type { Entry } from '#core/manifest/entry.ts'
import { AppName } from '#core/names.ts'
import type { Pipeline } from '#core/pipeline/pipeline.ts'
import type { Ports } from '#core/ports.ts'
import { inbound, outbound } from '#policies/pipeline.ts'
import { call } from './call.ts'

/** What the requests of each door meet. */
const pipelines = { hooks: inbound, apps: inbound, egress: outbound } satisfies Record<Question['door'], Pipeline>

/** What one policy would say. */
const Verdict = z
  .object({
    policy: z.string(),
    mode: z.enum(['enforce', 'shadow', 'off']),
    verdict: z.string().describe('pass, drop, answer, deny; would-… in shadow mode; off, assumed, unknown'),
    fault: z.string().optional(),
    status: z.int().optional(),
    detail: z.string().optional(),
    field: z.string().optional().describe('What decides, e.g. spec.api.routes[2].scopes'),
    value: z.unknown().optional(),
    origin: z.enum(['manifest', 'default', 'fleet', 'operator', 'gateway']),
    records: z
      .array(z.looseObject({ event: z.string() }))
      .readonly()
      .optional(),
  })
  .meta({ id: 'Verdict' })

const Explanation = z.object({
  app: AppName,
  door: z.string(),
  digest: z.string().optional(),
  decision: z.enum(['allow', 'deny', 'drop', 'answer', 'unknown']),
  policy: z.string().optional(),
  fault: z.string().optional(),
  status: z.int().optional(),
  region: z.string().optional(),
  stages: z.array(z.object({ stage: z.string(), policies: z.array(Verdict) })),
})

/** `POST /admin/v1/explain`: what every policy would say of a request. Nothing is taken, counted, kept, fetched or logged. */
export const explanations = [
  call(
    {
      method: 'post',
      path: '/explain',
      role: 'author',
      does: 'Says what every policy would make of a request, and which field decides, without side effects.',
      body: Question,
      maxBodyCharacters: 1_048_576,
      answers: { 200: Explanation },
    },
    async ({ body: question, request }, ports) => {
      const { app, door } = question
      const run = dryRun(ports, await ports.standings.kept(app).catch(() => undefined))
      const start = await exchangeFor(question, ports.settings.publicUrl ?? new URL(request.url).origin, run.ports)
      const explanation = await explain(pipelines[door], start, run, assumptionsOf(question))

      const { entry, region } = explanation.exchange
      const document = entry && (await documentOf(entry, ports))
      const stages = explanation.stages.map(({ stage, policies }) => ({
        stage,
        policies: policies.map(row => toldOf(row, entry, document, question)),
      }))
      const about = { app, door, ...(entry && { digest: entry.digest }) }
      return [200, { ...about, ...outcomeOf(explanation), ...(region !== undefined && { region }), stages }]
    },
  ),
]

function toldOf(row: ExplainedVerdict, entry: Entry | undefined, document: unknown, { request }: Question) {
  const { field: _, origin: __, detail, ...told } = row
  const why = detail === undefined ? {} : { detail: withoutHeaders(detail, request.headers) }
  return { ...told, ...why, ...deciderOf(row, entry?.manifest, document) }
}

/** Details are written for the log, and hold no secrets; and should one ever, it is not handed back. */
function withoutHeaders(detail: string, headers: Readonly<Record<string, string>>): string {
  const words = Object.values(headers).flatMap(value => [value, ...value.split(/[\s,;=]+/)])
  return words
    .filter(word => word.length >= 12)
    .sort((one, other) => other.length - one.length)
    .reduce((text, word) => text.replaceAll(word, '[header]'), detail)
}

/** The manifest as its author wrote it; without it every field that is in force counts as written. */
async function documentOf({ app, digest, manifest }: Entry, { registryStore }: Ports): Promise<unknown> {
  const revision = await registryStore.revision(app, digest).catch(() => undefined)
  return typeof revision === 'object' && revision !== null && 'manifest' in revision ? revision.manifest : manifest
}
