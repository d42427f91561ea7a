import { basename } from 'node:path'
import type { Case } from './case.ts'
import { readCases } from './case.ts'
import { Chance } from './chance.ts'
import { gatehouse, others } from './engines.ts'
import { ownCases } from './own-cases.ts'
import type { SetReport } from './report.ts'
import { score } from './score.ts'

export interface MaskingSetting {
  /** A labelled file, beside the cases of our own. */
  readonly path?: string
  readonly perType: number
  readonly seed: number
  /** Whether other engines are measured too. */
  readonly withOthers: boolean
}

/** Measures our engine, and others beside it, on fresh cases and on a labelled file. */
export async function measureMasking({ path, perType, seed, withOthers }: MaskingSetting): Promise<SetReport[]> {
  const reports = [await measured(`own cases, seed ${seed}`, ownCases(new Chance(seed), perType), withOthers)]
  if (path) reports.push(await measured(basename(path), await readCases(path), withOthers))
  return reports
}

/** The engine looks for the types that the set labels: a set that knows no MAC addresses calls them clean. */
async function measured(name: string, cases: readonly Case[], withOthers: boolean): Promise<SetReport> {
  const types = new Set(cases.flatMap(({ entities }) => entities.map(({ type }) => type)))
  const scores = []
  for (const engine of [gatehouse(types), ...(withOthers ? others() : [])]) scores.push(await score(engine, cases))
  return { name, cases: cases.length, scores }
}
