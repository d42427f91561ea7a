import type { Problem } from '#core/fault.ts'
import { asFindings } from '#core/fleet/findings.ts'
import { type Judgement, judge, type RuleSet } from '#core/fleet/judge.ts'
import { Failure, paint, problemText, tell } from '../output.ts'
import type { Declared } from './folder.ts'

/** What fleet rules say about manifests, each with file and line. */
export function judgements(
  declared: readonly Pick<Declared, 'manifest' | 'locate'>[],
  fleet: RuleSet,
  environment: string,
): { readonly denied: readonly Problem[]; readonly told: readonly Problem[] } {
  const now = new Date()
  const all = declared.map(({ manifest, locate }) => {
    const found = judge(fleet, { point: 'publish', manifest, environment, now })
    const problems = (isMeant: (one: Judgement) => boolean) => locate(asFindings(found.filter(isMeant)))
    return { denied: problems(({ weight }) => weight === 'Deny'), told: problems(({ weight }) => weight !== 'Deny') }
  })
  return { denied: all.flatMap(({ denied }) => denied), told: all.flatMap(({ told }) => told) }
}

/**
 * Tells what the rules warn of.
 *
 * @throws Failure that lists what they deny
 */
export function assertAllowed(declared: readonly Declared[], fleet: RuleSet, environment: string): void {
  const { denied, told } = judgements(declared, fleet, environment)
  warn(told)
  if (denied.length > 0) throw refuse('The fleet rules refuse this', denied)
}

export function warn(problems: readonly Problem[]): void {
  for (const problem of problems) tell(`${paint('yellow', 'warning', process.stderr)} ${problemText(problem)}`)
}

/** The refusal that lists these problems; `what` is the beginning of its sentence. */
export function refuse(what: string, problems: readonly Problem[]): Failure {
  return new Failure(`${what}: ${problems.length === 1 ? '1 fault' : `${problems.length} faults`}.`, 1, problems)
}
