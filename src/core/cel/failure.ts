import { isCelError } from '@bufbuild/cel'
import type { Steps } from '#core/steps.ts'

/** Why an expression had no answer. The words are ours: the library's may quote the values they stumbled over. */
export interface Failure {
  readonly reason: 'absent' | 'missing' | 'types' | 'steps' | 'other'
  /** Without any value; `at` is the place in the expression. */
  readonly detail: string
}

const words: Record<Failure['reason'], string> = {
  absent: 'a variable that it reads is absent',
  missing: 'it reads a member that is not there',
  types: 'it joins values of types that do not go together',
  steps: 'it took too many steps',
  other: 'it failed',
}

/** What to say of a result that is no answer. */
export function failureOf(result: unknown, steps: Steps, positions: Readonly<Record<string, number>>): Failure {
  if (!(result instanceof Error)) return { reason: 'types', detail: 'its answer is neither true nor false' }
  const { reason, id } = steps.areSpent ? { reason: 'steps' as const, id: undefined } : told(result)
  const place = id === undefined ? undefined : positions[String(id)]
  return { reason, detail: place === undefined ? words[reason] : `${words[reason]}, at character ${place + 1}` }
}

function told(result: Error): { reason: Failure['reason']; id?: bigint | undefined } {
  if (!isCelError(result)) return { reason: 'other' }
  const { message, exprId } = result
  if (message === 'absent') return { reason: 'absent' }
  if (/^(field not found|index|unresolved attribute)/.test(message)) return { reason: 'missing', id: exprId }
  if (/no matching overload|type mismatch|unsupported key/.test(message)) return { reason: 'types', id: exprId }
  return { reason: 'other', id: exprId }
}
