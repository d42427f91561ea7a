import canonicalize from 'canonicalize'
import * as z from 'zod'
import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import { hostFindings } from '#core/hosts/findings.ts'
import { atPointer } from '#core/json-pointer.ts'
import { RegionName } from '#core/names.ts'
import { residencyFindings } from '#core/residency/findings.ts'
import type { Regions } from '#core/residency/regions.ts'
import { Residency } from '#core/residency/schema.ts'
import { CrossedEgress, egressFindings } from './egress-check.ts'
import { issuerFindings } from './issuer-findings.ts'
import { maskingFindings } from './masking-check.ts'
import { type Finding, findings, nearest } from './problems.ts'
import { Manifest } from './schema.ts'

/** What a manifest is checked against besides its schema. */
export interface CheckSetting extends FetchSetting {
  /** Every policy there is, by name; `true` where a manifest must not weaken it. */
  readonly policies: ReadonlyMap<string, boolean>
  /** The regions that the operator has set up. */
  readonly regions: Regions
}

export type Checked =
  | { readonly kind: 'accepted'; readonly manifest: Manifest }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }

/** Stands for a residency whose own faults the schema tells. */
const unreadable: Residency = { regions: [] }

/** The parts that the cross-checks read. Where their form is wrong the schema says so, and the others are still checked. */
const Crossed = z
  .object({
    owner: z.object({ notify: z.object({ url: z.string().optional() }).catch({}).optional() }).catch({}),
    residency: Residency.optional().catch(unreadable),
    upstreams: z
      .array(
        z
          .object({
            name: z.string().optional().catch(undefined),
            region: RegionName.optional().catch(undefined),
            url: z.string().optional().catch(undefined),
          })
          .catch({}),
      )
      .catch([]),
    webhooks: z.record(z.string(), z.unknown()).catch({}),
    hosts: z.unknown().optional(),
    api: z.unknown().optional(),
    policies: z.record(z.string(), z.object({ mode: z.string() }).catch({ mode: '' })).catch({}),
  })
  .catch({ owner: {}, upstreams: [], webhooks: {}, hosts: [], api: undefined, policies: {} })

type Crossed = z.infer<typeof Crossed>

/** Reads a parsed document as a manifest. All faults are found at once, the schema's and the cross-checks'. */
export function checkManifest(document: unknown, setting: CheckSetting): Checked {
  const parsed = Manifest.safeParse(document, { reportInput: true })
  const crossed = Crossed.parse(atPointer(document, '/spec'))
  const crossFindings = [
    ...upstreamFindings(crossed, setting),
    ...residencyFindings({ ...crossed, hasWebhooks: Object.keys(crossed.webhooks).length > 0 }, setting),
    ...hostFindings(crossed, setting),
    ...ownerFindings(crossed, setting),
    ...issuerFindings(atPointer(document, '/spec'), setting),
    ...policyFindings(crossed, setting),
    ...egressFindings(crossedEgress(document), setting),
    ...maskingFindings(atPointer(document, '/spec')),
    ...canonicalFindings(document),
  ]
  if (!parsed.success) return { kind: 'refused', findings: [...findings(parsed.error, Manifest), ...crossFindings] }
  return crossFindings.length > 0
    ? { kind: 'refused', findings: crossFindings }
    : { kind: 'accepted', manifest: parsed.data }
}

function crossedEgress(document: unknown): CrossedEgress {
  const [stage, egress, regions, allowListMode, maskingMode] = [
    '/lifecycle/stage',
    '/egress',
    '/residency/regions',
    '/policies/allowList/mode',
    '/policies/piiMasking/mode',
  ].map(pointer => atPointer(document, `/spec${pointer}`))
  return CrossedEgress.parse({ stage, egress, regions, allowListMode, maskingMode })
}

function upstreamFindings({ upstreams }: Crossed, setting: CheckSetting): Finding[] {
  return upstreams.flatMap(({ url }, index) => {
    if (url === undefined) return []
    const reason = unfetchable(url, setting) ?? (/[?#]/.test(url) ? 'has a query or fragment' : undefined)
    const remedy =
      'Write the address of the app as https://host[:port][/path]; http on loopback only in the local environment.'
    return reason ? [{ at: ['spec', 'upstreams', index, 'url'], reason, remedy }] : []
  })
}

function ownerFindings({ owner }: Crossed, setting: CheckSetting): Finding[] {
  const url = owner.notify?.url
  const reason = url === undefined ? undefined : unfetchable(url, setting)
  const remedy =
    'Write an https:// address that is not the gateway itself; http on loopback only in the local environment.'
  return reason ? [{ at: ['spec', 'owner', 'notify', 'url'], reason, remedy }] : []
}

function policyFindings(crossed: Crossed, { policies }: CheckSetting): Finding[] {
  return Object.entries(crossed.policies).flatMap(([name, { mode }]) => {
    const isMandatory = policies.get(name)
    if (isMandatory === undefined) {
      const near = nearest(name, [...policies.keys()])
      return [
        {
          at: ['spec', 'policies', name],
          reason: 'is not a known policy',
          remedy: near ? `Did you mean \`${near}\`?` : `Known: ${[...policies.keys()].join(', ')}.`,
        },
      ]
    }
    if (!isMandatory || !['shadow', 'off'].includes(mode)) return []
    return [
      {
        at: ['spec', 'policies', name, 'mode'],
        reason: `the policy ${name} always binds`,
        remedy: 'Remove the line, or set `enforce`.',
      },
    ]
  })
}

/** What has no canonical form (RFC 8785) has no digest: numbers that are none, text that is not Unicode. */
function canonicalFindings(document: unknown): Finding[] {
  try {
    canonicalize(document)
    return []
  } catch (error) {
    const reason = `has no canonical form: ${error instanceof Error ? error.message : error}`
    return [{ at: [], reason, remedy: 'Use finite numbers and whole Unicode characters only.' }]
  }
}
