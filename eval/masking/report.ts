import { table } from '../../bench/table.ts'
import type { EngineScore } from './score.ts'

/** What was measured on one set of cases. */
export interface SetReport {
  readonly name: string
  readonly cases: number
  readonly scores: readonly EngineScore[]
}

/** At least so much of what is labelled, and less than so much of what is clean, hard rows apart. */
export const targets = { leakRecall: 0.97, changedShare: 0.02 }

/** Did our engine miss a target on this set? */
export function isMissed({ scores: [ours] }: SetReport): boolean {
  if (!ours) return true
  return !(ours.leakRecall >= targets.leakRecall) || ours.clean.changed / ours.clean.texts >= targets.changedShare
}

/** Tables for a terminal. */
export function reportText(reports: readonly SetReport[]): string {
  return reports.map(report => `${byType(report)}\n${overall(report)}`).join('\n')
}

function byType({ name, cases, scores }: SetReport): string {
  const [ours, ...others] = scores
  return table(
    `${name}: ${cases} texts. Leak recall: the share of values of which at most half remains as one run.`,
    ['type', 'values', 'gatehouse', 'precision', 'recall', ...others.map(({ engine }) => engine)],
    (ours?.types ?? []).map(({ type, labelled, leakRecall, precision = Number.NaN, recall = Number.NaN }) => [
      type,
      String(labelled),
      share(leakRecall),
      share(precision),
      share(recall),
      ...others.map(({ types }) => share(types.find(other => other.type === type)?.leakRecall ?? Number.NaN)),
    ]),
  )
}

function overall({ name, scores }: SetReport): string {
  return table(
    `${name}, all types: clean texts changed, and hard rows apart.`,
    ['engine', 'leak recall', 'clean', 'changed', 'share', 'hard values', 'leak recall', 'hard clean', 'changed'],
    scores.map(({ engine, leakRecall, clean, hard }) => [
      engine,
      share(leakRecall),
      String(clean.texts),
      String(clean.changed),
      `${((100 * clean.changed) / clean.texts).toFixed(1)}%`,
      String(hard.labelled),
      share(hard.leakRecall),
      String(hard.clean),
      String(hard.changed),
    ]),
  )
}

function share(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(3)
}
