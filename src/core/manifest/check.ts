import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import { type Finding, findings, nearest } from './problems.ts'
import { Manifest } from './schema.ts'

/** What a manifest is checked against besides its schema. */
export interface CheckSetting extends FetchSetting {
  /** Every policy there is, by name; `true` where a manifest must not weaken it. */
  readonly policies: ReadonlyMap<string, boolean>
}

export type Checked =
  | { readonly kind: 'accepted'; readonly manifest: Manifest }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }

/** Reads a parsed document as a manifest. All faults are found at once, the schema's and the cross-checks'. */
export function checkManifest(document: unknown, setting: CheckSetting): Checked {
  const parsed = Manifest.safeParse(document, { reportInput: true })
  if (!parsed.success) return { kind: 'refused', findings: findings(parsed.error, Manifest) }
  const found = [...upstreamFindings(parsed.data, setting), ...policyFindings(parsed.data, setting)]
  return found.length > 0 ? { kind: 'refused', findings: found } : { kind: 'accepted', manifest: parsed.data }
}

function upstreamFindings({ spec }: Manifest, setting: CheckSetting): Finding[] {
  return spec.upstreams.flatMap(({ url }, index) => {
    const reason = unfetchable(url, setting) ?? (/[?#]/.test(url) ? 'has a query or fragment' : undefined)
    const remedy =
      'Write the address of the app as https://host[:port][/path]; http on loopback only in the local environment.'
    return reason ? [{ at: ['spec', 'upstreams', index, 'url'], reason, remedy }] : []
  })
}

function policyFindings({ spec }: Manifest, { policies }: CheckSetting): Finding[] {
  return Object.entries(spec.policies).flatMap(([name, { mode }]) => {
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
    if (!isMandatory || mode === 'enforce') return []
    return [
      {
        at: ['spec', 'policies', name, 'mode'],
        reason: `the policy ${name} always binds`,
        remedy: 'Remove the line, or set `enforce`.',
      },
    ]
  })
}
