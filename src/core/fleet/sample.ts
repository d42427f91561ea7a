import type * as z from 'zod'
import { type Finding, findings, pathText } from '#core/manifest/problems.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { RequestFacts } from './request.ts'

/** The manifest that a rule's tests start from. */
const plain = {
  apiVersion: 'gatehouse/v1',
  kind: 'MicroApp',
  metadata: { name: 'sample' },
  spec: {
    owner: { user: 'sam', team: 'samples', contact: '#samples' },
    lifecycle: { stage: 'sandbox' },
    upstreams: [{ name: 'stable', url: 'https://sample.example.com' }],
    webhooks: { github: { scheme: 'github', secrets: ['current'], path: '/hooks/github' } },
  },
}

/** A manifest for a test, or what is wrong with it: what cannot be published needs no rule. */
export function sampleManifest(patch: unknown): Manifest | Pick<Finding, 'reason' | 'remedy'> {
  return sampleOf(Manifest, 'manifest', merged(plain, patch))
}

/** A request for a test: unless said otherwise, a GET of somebody's at the app's API. */
export function sampleRequest(patch: unknown, now: Date): RequestFacts | Pick<Finding, 'reason' | 'remedy'> {
  const get = { door: 'apps', time: now.toISOString(), method: 'GET', path: '/', route: '/*', address: '192.0.2.1' }
  return sampleOf(RequestFacts, 'request', merged(get, patch))
}

function sampleOf<Sample>(
  schema: z.ZodType<Sample>,
  what: string,
  document: unknown,
): Sample | Pick<Finding, 'reason' | 'remedy'> {
  const parsed = schema.safeParse(document, { reportInput: true })
  if (parsed.success) return parsed.data
  const [first] = findings(parsed.error, schema)
  return {
    reason: `is no ${what}: ${first ? `${pathText(first.at)} ${first.reason}` : 'it is malformed'}`,
    remedy: first?.remedy ?? `Write what a ${what} may hold.`,
  }
}

/** JSON Merge Patch (RFC 7396): null takes a member away. */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
