import { type Case, isHard, type Label } from './case.ts'
import type { Engine, Masked } from './engines.ts'

/** How one type fared; `precision` and `recall` only of engines that tell spans. */
export interface TypeScore {
  readonly type: string
  readonly labelled: number
  readonly leakRecall: number
  readonly precision?: number
  readonly recall?: number
}

export interface EngineScore {
  readonly engine: string
  readonly types: readonly TypeScore[]
  /** Over all labels that are not hard. */
  readonly leakRecall: number
  readonly clean: { readonly texts: number; readonly changed: number }
  readonly hard: {
    readonly labelled: number
    readonly leakRecall: number
    readonly clean: number
    readonly changed: number
  }
}

/** Runs an engine over all cases and counts what it left and what it changed without need. */
export async function score(engine: Engine, cases: readonly Case[]): Promise<EngineScore> {
  const judged: { case: Case; masked: Masked }[] = []
  for (const one of cases) judged.push({ case: one, masked: await engine.mask(one.text) })
  const easy = judged.filter(({ case: one }) => !isHard(one))
  const hard = judged.filter(({ case: one }) => isHard(one))
  const types = [...new Set(easy.flatMap(({ case: { entities } }) => entities.map(({ type }) => type)))].sort()
  const clean = (of: typeof judged) => of.filter(({ case: { entities } }) => entities.length === 0)
  const changed = (of: typeof judged) => clean(of).filter(({ case: { text }, masked }) => masked.text !== text).length
  return {
    engine: engine.name,
    types: types.map(type => typeScore(type, easy)),
    leakRecall: leakRecall(easy, () => true),
    clean: { texts: clean(easy).length, changed: changed(easy) },
    hard: {
      labelled: hard.flatMap(({ case: { entities } }) => entities).length,
      leakRecall: leakRecall(hard, () => true),
      clean: clean(hard).length,
      changed: changed(hard),
    },
  }
}

type Judged = readonly { readonly case: Case; readonly masked: Masked }[]

function typeScore(type: string, judged: Judged): TypeScore {
  const labels = judged.flatMap(({ case: { entities }, masked }) =>
    entities.filter(label => label.type === type).map(label => ({ label, masked })),
  )
  const base = { type, labelled: labels.length, leakRecall: leakRecall(judged, label => label.type === type) }
  if (!judged.some(({ masked }) => masked.findings)) return base
  const found = judged.flatMap(({ case: { entities }, masked }) =>
    (masked.findings ?? []).filter(finding => finding.type === type).map(finding => ({ finding, entities })),
  )
  const hits = labels.filter(({ label, masked }) => masked.findings?.some(finding => agree(finding, label)))
  const right = found.filter(({ finding, entities }) => entities.some(label => agree(finding, label)))
  return { ...base, precision: right.length / found.length, recall: hits.length / labels.length }
}

/** The same type, over at least half of the longer of the two. */
function agree(finding: Label, label: Label): boolean {
  const shared = Math.min(finding.end, label.end) - Math.max(finding.start, label.start)
  return finding.type === label.type && shared * 2 >= Math.max(finding.end - finding.start, label.end - label.start)
}

/** The share of values of which at most half remains as one run in what comes out. */
function leakRecall(judged: Judged, counts: (label: Label) => boolean): number {
  const labels = judged.flatMap(({ case: { text, entities }, masked }) =>
    entities.filter(counts).map(({ start, end }) => remains(text.slice(start, end), masked.text)),
  )
  return labels.filter(isLeft => !isLeft).length / labels.length
}

/** Does more than half of the value stand in the output as one run? */
function remains(value: string, output: string): boolean {
  const length = Math.floor(value.length / 2) + 1
  for (let at = 0; at + length <= value.length; at++) if (output.includes(value.slice(at, at + length))) return true
  return false
}
