import { type FaultCode, faultRow } from '#core/fault.ts'
import { type Exchange, Unsettled } from '#core/pipeline/exchange.ts'
import { judged, modeOf } from '#core/pipeline/judging.ts'
import { changed, type Pipeline } from '#core/pipeline/pipeline.ts'
import { deny, type Mode, type Policy, type Verdict } from '#core/pipeline/policy.ts'
import type { StageName } from '#core/pipeline/walk.ts'
import type { DryRun } from './dry-ports.ts'
import { type Recorded, recorded } from './recorded.ts'

/**
 * What a policy would say of a request. `assumed`: it would deny, and whoever asks had it taken for granted.
 * `unknown`: only a side effect could tell, or what it needs was denied before.
 */
export interface ExplainedVerdict {
  readonly policy: string
  readonly mode: Mode
  readonly verdict: Verdict['kind'] | `would-${'deny' | 'drop' | 'answer'}` | 'off' | 'assumed' | 'unknown'
  readonly fault?: FaultCode
  readonly status?: number
  readonly detail?: string
  /** What decided: a path of the manifest, a fleet rule or a setting. */
  readonly field?: string
  readonly origin?: Policy['origin']
  /** What it would have written to the log, apart from its verdict. */
  readonly records?: readonly Recorded[]
}

export interface ExplainedStage {
  readonly stage: StageName
  readonly policies: readonly ExplainedVerdict[]
}

export interface Explanation {
  readonly stages: readonly ExplainedStage[]
  /** As far as it got; its body and headers are not to be shown. */
  readonly exchange: Exchange
}

/** What is taken for granted of a request that cannot prove it here: by policy, what the policy would have learned. */
export type Assumptions = Readonly<Record<string, (exchange: Exchange) => Promise<Partial<Exchange>>>>

/**
 * Asks every policy of a pipeline about a request, in the pipeline's own order and modes, through ports that only
 * look. Past a deny the request goes on without what the policy would have settled, so that all that is wrong
 * with it is seen at once; a policy that needs the missing part is `unknown`. An answer at hand ends it. What
 * policies do to an answer is not asked, since there is none.
 */
export async function explain(
  pipeline: Pipeline,
  start: Exchange,
  run: DryRun,
  assumptions: Assumptions = {},
): Promise<Explanation> {
  let exchange = start
  let isOver = false
  const stages: ExplainedStage[] = []
  for (const [stage, policies] of Object.entries(pipeline.stages)) {
    const told: ExplainedVerdict[] = []
    for (const policy of policies) {
      if (isOver || (policy.doors && !policy.doors.includes(exchange.door))) continue
      const mode = modeOf(policy, exchange, run.ports)
      const verdict = mode === 'off' ? undefined : await said(policy, exchange, run)
      const assume = verdict?.kind === 'deny' || verdict?.kind === 'unknown' ? assumptions[policy.name] : undefined
      if (assume) exchange = changed(exchange, await assume(exchange))
      else if (verdict && mode === 'enforce') exchange = after(exchange, verdict)
      isOver = verdict?.kind === 'answer' && mode === 'enforce'
      told.push(row(policy, mode, assume ? { kind: 'assumed', detail: verdictText(verdict) } : verdict, exchange, run))
    }
    stages.push({ stage: stage as StageName, policies: told })
  }
  return { stages, exchange }
}

type Said = Verdict | { readonly kind: 'unknown' | 'assumed'; readonly detail: string }

async function said(policy: Policy, exchange: Exchange, run: DryRun): Promise<Said> {
  let verdict: Said
  try {
    verdict = await judged(policy, exchange, run.ports)
    if (verdict.kind === 'pass' && verdict.change.app !== undefined && verdict.change.app !== exchange.app)
      verdict = deny('token-invalid', 'the token is of another app than the one asked about')
  } catch (error) {
    const detail = error instanceof Unsettled ? `needs \`${error.part}\`, which was not settled` : 'could not judge it'
    verdict = { kind: 'unknown', detail }
  }
  const [unanswered] = run.unanswered()
  return unanswered === undefined ? verdict : { kind: 'unknown', detail: unanswered }
}

function after(exchange: Exchange, verdict: Said): Exchange {
  if (verdict.kind === 'pass') return changed(exchange, verdict.change)
  return verdict.kind === 'drop' ? { ...exchange, isDropped: true } : exchange
}

function row(policy: Policy, mode: Mode, verdict: Said | undefined, exchange: Exchange, run: DryRun): ExplainedVerdict {
  const { name, origin } = policy
  const { records, wouldDeny } = recorded(run.said())
  const own = verdict?.kind === 'deny' ? verdict.field : undefined
  const field = own ?? (exchange.entry ? policy.field?.(exchange) : undefined)
  const fault = verdict?.kind === 'deny' ? verdict.fault : wouldDeny?.fault
  const detail = verdict && 'detail' in verdict ? verdict.detail : wouldDeny?.detail
  return {
    policy: name,
    mode,
    verdict: kindOf(verdict, mode, wouldDeny !== undefined),
    ...(fault && { fault, status: faultRow(fault).status }),
    ...(verdict?.kind === 'answer' && { status: verdict.response.status }),
    ...(detail !== undefined && { detail }),
    ...(field !== undefined && { field }),
    ...(origin && { origin }),
    ...(records.length > 0 && { records }),
  }
}

function kindOf(verdict: Said | undefined, mode: Mode, wouldDeny: boolean): ExplainedVerdict['verdict'] {
  if (!verdict) return 'off'
  const { kind } = verdict
  if (kind === 'pass') return wouldDeny ? 'would-deny' : 'pass'
  return mode === 'shadow' && kind !== 'unknown' && kind !== 'assumed' ? `would-${kind}` : kind
}

function verdictText(verdict: Said | undefined): string {
  return verdict?.kind === 'deny' ? `${verdict.fault}: ${verdict.detail}` : 'not asked'
}
