import { type Finding, findings, pathText } from '#core/manifest/problems.ts'
import { Manifest } from '#core/manifest/schema.ts'

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
  const parsed = Manifest.safeParse(merged(plain, patch), { reportInput: true })
  if (parsed.success) return parsed.data
  const [first] = findings(parsed.error, Manifest)
  return {
    reason: `is no manifest: ${first ? `${pathText(first.at)} ${first.reason}` : 'it is malformed'}`,
    remedy: first?.remedy ?? 'Write what a manifest may hold.',
  }
}

/** JSON Merge Patch (RFC 7396): null takes a member away. */
function merged(target: unknown, patch: unknown): unknown {
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
