import { Fault, type FaultCode, type Problem } from '#core/fault.ts'

/** A refusal with everything the reply and the log need of it. */
export interface Refusal {
  readonly fault: FaultCode
  /** Why exactly; for the log only. */
  readonly detail: string
  readonly policy?: string
  readonly headers: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
}

/** A refusal on its way out of a walk inside a walk, whole. */
export class Refused extends Fault {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.fault, refusal.detail, refusal.problems)
    this.refusal = refusal
  }
}

/**
 * The refusal that something thrown amounts to: a `Fault` says its own, anything else is `internal`.
 *
 * @param at the part of the gateway that threw
 */
export function refusalOf(error: unknown, at: string): Refusal {
  if (error instanceof Refused) return error.refusal
  if (error instanceof Fault) {
    const { code, detail, headers, problems } = error
    return { fault: code, detail, headers, problems }
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { fault: 'internal', detail: `${at}: ${detail}`, headers: {}, problems: [] }
}
