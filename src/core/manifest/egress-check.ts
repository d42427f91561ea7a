import * as z from 'zod'
import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import { findingOut } from '#core/egress/finding-out.ts'
import { isUnderPublicSuffix } from '#core/egress/public-suffix.ts'
import { type Rule, readRule } from '#core/egress/rule.ts'
import type { Regions } from '#core/residency/regions.ts'
import type { Finding } from './problems.ts'

const CrossedAnalyzer = z
  .object({ url: z.string().optional().catch(undefined) })
  .optional()
  .catch(undefined)

/** The parts of `spec` that the cross-checks read, whatever else is wrong with them. */
export const CrossedEgress = z.object({
  stage: z.string().catch(''),
  egress: z
    .array(
      z
        .object({
          to: z.string().catch(''),
          masking: z.looseObject({}).optional().catch(undefined),
          region: z.string().optional().catch(undefined),
          mode: z.string().optional().catch(undefined),
          guards: z
            .object({
              remote: CrossedAnalyzer,
              after: z.object({ remote: CrossedAnalyzer }).optional().catch(undefined),
            })
            .optional()
            .catch(undefined),
          credential: z
            .object({ tokenUrl: z.string().optional().catch(undefined) })
            .optional()
            .catch(undefined),
        })
        .catch({ to: '' }),
    )
    .catch([]),
  /** `undefined`: the app's data may be anywhere. */
  regions: z.array(z.string()).optional().catch(undefined),
  allowListMode: z.string().optional().catch(undefined),
  maskingMode: z.string().optional().catch(undefined),
})

export type CrossedEgress = z.infer<typeof CrossedEgress>

interface Setting extends FetchSetting {
  readonly regions: Regions
}

/** What is wrong with an app's ways out beyond the form of each rule. */
export function egressFindings(
  { stage, egress, regions, allowListMode, maskingMode = 'enforce' }: CrossedEgress,
  setting: Setting,
): Finding[] {
  const rules = egress.map(({ to }, index) => readRule(to, index))
  const first = new Map(egress.map(({ to }, index) => [to, index] as const).reverse())
  const isSettled = !findingOut.includes(stage)
  const shadow = {
    reason: `may be in shadow mode only in the stages ${findingOut.join(' and ')}`,
    remedy: 'Write the rules that `gatehouse egress suggest` proposes, and set `enforce`.',
  }
  return [
    ...egress.flatMap(({ to, mode, region, guards, masking, credential }, index) => {
      const rule = rules[index]
      const at = ['spec', 'egress', index]
      const earlier = first.get(to)
      return [
        ...(typeof rule === 'object' ? ruleFindings(rule, credential !== undefined, [...at], setting) : []),
        ...(to !== '' && earlier !== undefined && earlier < index
          ? [{ at: [...at, 'to'], reason: `says the same as egress[${earlier}]`, remedy: 'Keep one of the two.' }]
          : []),
        ...(mode === 'shadow' && isSettled ? [{ at: [...at, 'mode'], ...shadow }] : []),
        ...regionFindings(
          region,
          masking && maskingMode === 'enforce' ? undefined : regions,
          [...at, 'region'],
          setting,
        ),
        ...analyzerFindings(guards?.remote?.url, [...at, 'guards', 'remote', 'url'], setting),
        ...analyzerFindings(guards?.after?.remote?.url, [...at, 'guards', 'after', 'remote', 'url'], setting),
        ...tokenUrlFindings(credential?.tokenUrl, [...at, 'credential', 'tokenUrl'], setting),
      ]
    }),
    ...(allowListMode === 'shadow' && isSettled ? [{ at: ['spec', 'policies', 'allowList', 'mode'], ...shadow }] : []),
    ...(allowListMode === 'off'
      ? [{ at: ['spec', 'policies', 'allowList', 'mode'], reason: 'may not be off', remedy: 'Set `enforce`.' }]
      : []),
  ]
}

function ruleFindings(rule: Rule, hasCredential: boolean, at: (string | number)[], setting: FetchSetting): Finding[] {
  const host = [...rule.labels].reverse().join('.')
  const authority = rule.port === 443 ? host : `${host}:${rule.port}`
  const found: Finding[] = []
  const complain = (reason: string, remedy: string) => found.push({ at: [...at, 'to'], reason, remedy })
  if (rule.protocol === 'http:' && !setting.isLocal)
    complain(
      'may be http://localhost only in the local environment',
      'Write the https address of the deployed service.',
    )
  if (setting.ownHosts.includes(authority))
    complain(
      "is the gateway's own address",
      'Call the other app at its own address, or let it be called through /apps.',
    )
  if (isUnderPublicSuffix(rule))
    complain(
      'has a wildcard directly under a public suffix, where the next name may belong to anybody',
      'Name the registered domain: *.example.com, not *.com.',
    )
  if (hasCredential && rule.labels.some(label => label === '**'))
    complain(
      'lends a credential to hosts of any depth',
      'Name the host, or use * for exactly one label, where a credential goes along.',
    )
  return found
}

/** What an app's residency forbids to be sent there; a rule that names no region, or that masks for good, is not held to it. */
function regionFindings(
  region: string | undefined,
  allowed: readonly string[] | undefined,
  at: (string | number)[],
  { regions }: Setting,
): Finding[] {
  if (region === undefined) return []
  const known = [...regions.keys()].join(', ') || 'none'
  if (!regions.has(region))
    return [{ at, reason: `${region} is not a region of this gateway`, remedy: `Known regions: ${known}.` }]
  if (!allowed || allowed.includes(region)) return []
  const remedy = `Call the vendor's address in ${allowed.join(' or ')}, or add ${region} to residency.regions.`
  return [{ at, reason: `${region} is outside residency.regions`, remedy }]
}

function tokenUrlFindings(tokenUrl: string | undefined, at: (string | number)[], setting: FetchSetting): Finding[] {
  const reason = tokenUrl === undefined ? undefined : unfetchable(tokenUrl, setting)
  return reason ? [{ at, reason, remedy: 'Write the token endpoint as https://host[:port]/path.' }] : []
}

function analyzerFindings(url: string | undefined, at: (string | number)[], setting: FetchSetting): Finding[] {
  const reason = url === undefined ? undefined : unfetchable(url, setting)
  return reason ? [{ at, reason, remedy: 'Write where the analyzer is asked as https://host[:port]/analyze.' }] : []
}
