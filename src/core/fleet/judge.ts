import type { Bindings, Program } from '#core/cel/engine.ts'
import type { Problem } from '#core/fault.ts'
import { defaultTtlDays } from '#core/manifest/publish.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import type { FleetRuleSource, Weight } from './schema.ts'
import { secretsIn } from './secrets-in.ts'

const dayMs = 86_400_000

/** A rule, checked: its expressions compiled, its tests passed. */
export interface FleetRule {
  readonly source: FleetRuleSource
  readonly match: Program
  readonly validations: readonly Program[]
}

/** What rules are told about a publication. */
export interface Publishing {
  /** With its defaults filled in. */
  readonly manifest: Manifest
  readonly environment: string
  readonly now: Date
}

/** What one rule has to say about a manifest, and how much it weighs. */
export interface Judgement {
  readonly weight: Weight
  readonly problem: Problem & { readonly rule: string }
}

/** Asks every rule about a manifest. Only a manifest without a judgement of weight `Deny` may be published. */
export function judge(rules: readonly FleetRule[], publishing: Publishing): Judgement[] {
  return rules.flatMap(rule => {
    const found = broken(rule, publishing)
    const exception = found.length > 0 ? exceptionFor(rule, publishing) : undefined
    return exception ? found.map(one => excepted(one, exception)) : found
  })
}

/** What one rule finds, exceptions aside. An error is never a pass: it weighs what the rule's `failurePolicy` says. */
export function broken({ source, match, validations }: FleetRule, publishing: Publishing): Judgement[] {
  const { name: rule } = source.metadata
  const { action, failurePolicy } = source.spec
  const read = bindings(publishing)
  const failed = (path: string, detail: string): Judgement => ({
    weight: failurePolicy,
    problem: { path, reason: `could not be judged: ${detail}`, remedy: 'Ask the owner of the rule to mend it.', rule },
  })
  const concerns = match.evaluate(read)
  if (concerns.kind === 'error') return [failed('spec', concerns.detail)]
  if (!concerns.holds) return []
  return source.spec.validations.flatMap(({ path, message, remediation }, index): Judgement[] => {
    const answer = validations[index]?.evaluate(read)
    if (answer?.kind === 'answer' && answer.holds) return []
    if (answer?.kind !== 'answer') return [failed(path, answer?.detail ?? 'it was not compiled')]
    return [{ weight: action, problem: { path, reason: message, remedy: remediation, rule } }]
  })
}

/** What the names in an expression stand for (`ruleVariables`). */
export function bindings(publishing: Publishing): Bindings {
  const { manifest, environment } = publishing
  return {
    app: () => manifest,
    environment: () => environment,
    lifetimeDays: () => lifetimeDays(publishing),
    secrets: () => secretsIn(manifest),
  }
}

/** In whole days from publication, the last begun one counted. */
function lifetimeDays({ manifest, now }: Publishing): number {
  const { ttlDays, expiresAt } = manifest.spec.lifecycle
  return expiresAt ? Math.ceil((Date.parse(expiresAt) - now.getTime()) / dayMs) : (ttlDays ?? defaultTtlDays)
}

function exceptionFor({ source }: FleetRule, { manifest, now }: Publishing) {
  return source.spec.exceptions.find(
    ({ app, until }) => app === manifest.metadata.name && now.getTime() < Date.parse(until) + dayMs,
  )
}

/** What is excepted is still said: an exception that nobody sees outlives its reason. */
function excepted({ problem }: Judgement, { until, owner, reason }: FleetRuleSource['spec']['exceptions'][number]) {
  const remedy = `${problem.remedy} Excepted until ${until} by ${owner}: ${reason}`
  return { weight: 'Audit' as const, problem: { ...problem, remedy } }
}
