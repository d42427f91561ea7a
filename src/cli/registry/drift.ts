import { approvalReasons } from '#core/change/approval.ts'
import type { Difference } from '#core/change/difference.ts'
import { differences } from '#core/change/differences.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { paint, table } from '../output.ts'
import { differenceLines } from './difference-text.ts'
import type { InForce, Listed } from './in-force.ts'

/** How a folder and a registry differ in one app. */
export interface Drift {
  readonly app: string
  readonly change: 'new' | 'changed' | 'expired' | 'gone'
  /** In the folder, and in force; absent where there is none. */
  readonly digest?: string
  readonly inForce?: string
}

/** A drift with what comes of it once the folder is in force. */
export interface TracedDrift extends Drift {
  readonly differences: readonly Difference[]
  /** Why an approver has to look at it, where approval is required. */
  readonly approval: readonly string[]
}

/** New apps whose openings are shown one by one; of more they are only counted. */
const newShown = 10

/** What differs, app by app. An app that has expired has to be renewed, though it is as the folder says. */
export function driftOf(
  declared: readonly { readonly app: string; readonly digest: string }[],
  listed: ReadonlyMap<string, Listed>,
  now: Date,
): Drift[] {
  const names = new Set(declared.map(({ app }) => app))
  const gone = [...listed].filter(([app]) => !names.has(app))
  return [
    ...declared.flatMap(({ app, digest }): Drift[] => {
      const found = listed.get(app)
      if (!found) return [{ app, change: 'new', digest }]
      const inForce = found.digest ? { inForce: found.digest } : {}
      if (found.digest !== digest) return [{ app, change: 'changed', digest, ...inForce }]
      const isOver = found.expiresAt !== undefined && Date.parse(found.expiresAt) <= now.getTime()
      return isOver ? [{ app, change: 'expired', digest, inForce: digest }] : []
    }),
    ...gone.map(([app, { digest }]): Drift => ({ app, change: 'gone', ...(digest && { inForce: digest }) })),
  ]
}

/** Adds to each drift who may newly enter, where the app newly goes, what is no longer masked, and so on. */
export async function traced(
  drifts: readonly Drift[],
  manifests: ReadonlyMap<string, Manifest>,
  inForce: Pick<InForce, 'documents'>,
): Promise<TracedDrift[]> {
  const wanted = drifts.flatMap(({ app, change, inForce: digest }) =>
    change === 'changed' && digest ? [{ app, digest }] : [],
  )
  const documents = wanted.length > 0 ? await inForce.documents(wanted) : new Map<string, unknown>()
  return drifts.map(drift => {
    const after = manifests.get(drift.app)
    if (!after || drift.change === 'expired') return { ...drift, differences: [], approval: [] }
    const before = Manifest.safeParse(documents.get(drift.app)).data
    const found = differences(before, after)
    return { ...drift, differences: found, approval: approvalReasons(before, after, found) }
  })
}

const signs = {
  new: ['green', '+'],
  changed: ['yellow', '~'],
  expired: ['red', '!'],
  gone: ['red', '-'],
} as const

const remedies = { new: '', changed: '', expired: 'expired: push --renew', gone: 'not in the folder' } as const

/** The drift for people: a line an app, and below it what changes for those outside. */
export function driftText(drifts: readonly TracedDrift[]): string {
  const isDetailed = drifts.filter(({ change }) => change === 'new').length <= newShown
  const lines = table(
    drifts.map(({ app, change, digest, inForce }) => {
      const [colour, sign] = signs[change]
      return [paint(colour, `${sign} ${app}`), change, (digest ?? inForce ?? '').slice(0, 19), remedies[change]]
    }),
  ).split('\n')
  return drifts
    .flatMap(({ change, differences: found, approval }, index) => [
      lines[index] ?? '',
      ...(change === 'new' && !isDetailed ? [`    opens ${found.length} ways`] : differenceLines(found)),
      ...approval.map(reason => `    ${paint('yellow', 'needs an approver')}: ${reason}`),
    ])
    .join('\n')
}
