import type { Problem } from '#core/fault.ts'
import { type Finding, pathText } from '#core/manifest/problems.ts'
import type { Judgement } from './judge.ts'

/** Judgements as findings, whose lines a document can then be searched for. */
export function asFindings(judgements: readonly Judgement[]): Finding[] {
  return judgements.map(({ problem: { path, ...rest } }) => ({ at: path.split('.'), ...rest }))
}

/** What is wrong with documents of a list, each named by its place. */
export function asProblems(findings: readonly (readonly Finding[])[]): Problem[] {
  return findings.flatMap((found, index) =>
    found.map(({ at, ...rest }) => ({ path: pathText(['documents', index, ...at]), ...rest })),
  )
}
