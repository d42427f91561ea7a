import type { Finding } from '#core/manifest/problems.ts'
import type { Judgement } from './judge.ts'

/** Judgements as findings, whose lines a document can then be searched for. */
export function asFindings(judgements: readonly Judgement[]): Finding[] {
  return judgements.map(({ problem: { path, ...rest } }) => ({ at: path.split('.'), ...rest }))
}
