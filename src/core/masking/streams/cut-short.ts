import { Fault } from '#core/fault.ts'

/** A stream must not go on; what came before may still leave. */
export class CutShort extends Error {
  override readonly name = 'CutShort'
  readonly before: string
  readonly fault: Fault

  constructor(before: string, fault: Fault) {
    super(fault.message)
    this.before = before
    this.fault = fault
  }
}

/**
 * Joins what comes out of several steps.
 *
 * @throws CutShort with what came out before, when a step throws a fault
 */
export function gathered(steps: (emit: (text: string) => void) => void): string {
  const out: string[] = []
  try {
    steps(text => out.push(text))
  } catch (error) {
    throw error instanceof Fault ? new CutShort(out.join(''), error) : error
  }
  return out.join('')
}
