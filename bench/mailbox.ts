import { type Delivered, drained } from './deliveries.ts'
import { type IsolationFigures, measureIsolation } from './isolation.ts'
import type { LoadReport } from './load.ts'
import { type Extent, type Step, stepsOf, warmUp } from './plan.ts'
import { cpuMicroseconds } from './processor.ts'
import { onStage, type Stage } from './stage.ts'
import { measureVariants, type VariantFigures } from './variants.ts'

/** What one step measured. */
export interface Outcome extends Step {
  readonly load: LoadReport
  /** CPU of the target's workerd per accepted event, in µs; with the gateway its delivery is included. */
  readonly cpuMicroseconds: number
  /** Of the gateway only. */
  readonly delivered?: Delivered
}

export interface Measured {
  readonly outcomes: readonly Outcome[]
  readonly variants: readonly VariantFigures[]
  readonly isolation: IsolationFigures
}

/** Told before each step and after it. */
export interface Progress {
  before(step: Step, at: number, of: number): void
  after(outcome: Outcome): void
  note(line: string): void
}

/**
 * Measures how webhooks are accepted and delivered, on one mailbox and on sixteen, beside a bare worker.
 * It goes on past failed requests, which stand in the outcomes.
 */
export async function measureMailbox(extent: Extent, progress: Progress): Promise<Measured> {
  const measured = await onStage('disk', async stage => {
    const steps = [...warmUp, ...stepsOf(extent)]
    const outcomes: Outcome[] = []
    for (const [index, step] of steps.entries()) {
      progress.before(step, index + 1, steps.length)
      const outcome = await taken(step, stage)
      progress.after(outcome)
      outcomes.push(outcome)
    }
    const variants = await measureVariants(stage, extent.variantRounds, progress.note)
    return { outcomes: outcomes.slice(warmUp.length), variants }
  })
  return { ...measured, isolation: await measureIsolationAlone(extent, progress) }
}

/** Measures only what an app that hangs does to another one, with the state in memory: a disk that stalls would decide it. */
export function measureIsolationAlone(extent: Extent, progress: Progress): Promise<IsolationFigures> {
  return onStage('memory', stage => measureIsolation(stage, extent.isolation, progress.note))
}

/** Why the figures must not be believed: answers that were no 202, events that did not come exactly once. */
export function failuresOf({ outcomes, variants, isolation }: Measured): string[] {
  const ofSteps = outcomes.flatMap(({ target, shape, load: { errors }, delivered }) => {
    const where = `${target}, ${shape.kind === 'open' ? `${shape.perSecond}/s` : `${shape.connections} connections`}`
    return wrongs(where, { lost: 0, repeated: 0, ...delivered, errors })
  })
  const ofVariants = variants.flatMap(one => wrongs(`${one.variant}, ${one.size}`, one))
  return [...ofSteps, ...ofVariants, ...isolationFailures(isolation)]
}

export function isolationFailures(figures: IsolationFigures): string[] {
  const isStill = figures.hangingAtOnce === 0 ? ['beside stuck events: nothing hung in the end'] : []
  return [...wrongs('beside stuck events', figures), ...isStill]
}

function wrongs(
  where: string,
  { errors, lost, repeated }: { errors: readonly string[]; lost: number; repeated: number },
): string[] {
  return [
    ...(errors.length > 0 ? [`${where}: ${errors.length} requests failed, the first with ${errors[0]}`] : []),
    ...(lost > 0 ? [`${where}: ${lost} accepted events never came`] : []),
    ...(repeated > 0 ? [`${where}: ${repeated} events came more than once`] : []),
  ]
}

async function taken(step: Step, { load, app, destinations, pids }: Stage): Promise<Outcome> {
  const usedBefore = cpuMicroseconds(pids[step.target])
  const report = await load.call({ to: destinations[step.target], shape: step.shape })
  const delivered = step.target === 'bare' ? undefined : await drained(app, report)
  const used = cpuMicroseconds(pids[step.target]) - usedBefore
  return { ...step, load: report, cpuMicroseconds: used / report.bodies.length, ...(delivered && { delivered }) }
}
