import { type FaultCode, faults } from '#core/fault.ts'
import type { Said } from './dry-ports.ts'

/** What a policy would have written to the log, without what says which request it is about. */
export interface Recorded {
  readonly event: string
  readonly [fact: string]: unknown
}

/** Who and which; an explanation says it once, at its head. */
const known = ['requestId', 'door', 'app', 'source', 'digest', 'policy']

/** What a policy said to the log: a deny of its own shadow mode, and all else. */
export function recorded(said: readonly Said[]): {
  readonly records: readonly Recorded[]
  readonly wouldDeny?: { readonly fault?: FaultCode; readonly detail?: string }
} {
  const denied = said.find(({ event }) => event === 'would-deny')?.fields
  const records = said
    .filter(({ event }) => event !== 'would-deny')
    .map(({ event, fields }) => ({
      event,
      ...Object.fromEntries(Object.entries(fields).filter(([name]) => !known.includes(name))),
    }))
  if (!denied) return { records }
  const { fault, detail } = denied
  const isFault = typeof fault === 'string' && Object.hasOwn(faults, fault)
  const why = { ...(isFault && { fault: fault as FaultCode }), ...(typeof detail === 'string' && { detail }) }
  return { records, wouldDeny: why }
}
