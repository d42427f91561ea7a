import type { Settings } from '#core/settings/settings.ts'
import type { Pointer } from './entry.ts'
import { entryStatement, signatureFault } from './signed.ts'

/** Decides whether a pointer that storage gave back may be followed. */
export interface PointerTrust {
  /**
   * Why it may not; `undefined` when it may.
   *
   * @param highest the highest sequence that the app is known to have had; `undefined` when nobody can say
   */
  fault(app: string, pointer: Pointer, highest: number | undefined): Promise<string | undefined>
  /** Whether sequences may be learnt from pointers, since nobody can make one up. */
  readonly learnsSequences: boolean
}

/**
 * What a pointer must be: of this environment (on one machine any), and, where entries must be signed, signed by an
 * approver and not older than what was in force. Whoever can write to storage can then neither open, extend, bring
 * back nor loosen anything.
 */
export function pointerTrust({
  environment,
  isLocal,
  approvers,
}: Pick<Settings, 'environment' | 'isLocal' | 'approvers'>): PointerTrust {
  return {
    learnsSequences: approvers !== undefined,
    async fault(app, pointer, highest) {
      if (pointer.environment !== environment && (approvers || !isLocal))
        return `is of the environment ${pointer.environment}, not ${environment}`
      if (!approvers) return undefined
      if (highest === undefined) return 'cannot be told from an older one: the switchboard is away'
      if (pointer.sequence < highest) return `has the sequence ${pointer.sequence}, and ${highest} was in force`
      return signatureFault(pointer.signature, entryStatement(app, pointer), approvers)
    },
  }
}
