import { type AdminOptions, callAdmin } from '../client/admin.ts'
import type { WaitingView } from '../commands/app-approvals.ts'
import { exitCodes, Failure } from '../output.ts'
import { halfWay } from './batches.ts'
import type { Declared } from './folder.ts'

/** Apps that are published at once. */
const atOnce = 8

/** What a gateway answered for one app. */
export interface Outcome {
  readonly app: string
  readonly change: 'new' | 'changed' | 'renewed' | 'unchanged' | 'waits' | 'refused'
  readonly digest?: string
  readonly pending?: WaitingView
  readonly failure?: Failure
}

interface Order {
  readonly renew: boolean
  readonly reason: string
  readonly progress: (done: number, all: number) => void
}

/**
 * Publishes at the admin API, so that it is recorded, asked of an approver where need be, and in force everywhere
 * within 5 s. An app that is refused holds up no other.
 *
 * @throws Failure when the gateway goes away, saying what is not in force
 */
export async function publishThrough(
  gateway: AdminOptions,
  declared: readonly Declared[],
  { renew, reason, progress }: Order,
): Promise<Outcome[]> {
  const query = new URLSearchParams({ reason, ...(renew && { renew: 'true' }) })
  const left = [...declared]
  const outcomes = new Map<string, Outcome>()
  const missing = () => declared.map(appOf).filter(app => !outcomes.has(app))
  const publishing = Array.from({ length: atOnce }, async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const app = appOf(next)
      outcomes.set(app, await outcomeOf(app, `apps/${app}?${query}`, next.document, gateway))
      progress(outcomes.size, declared.length)
    }
  })
  const ended = await Promise.allSettled(publishing)
  const failed = ended.find(one => one.status === 'rejected')
  if (failed) throw halfWay(failed.reason, missing(), declared.length)
  return declared.flatMap(one => outcomes.get(appOf(one)) ?? [])
}

const appOf = ({ manifest }: Declared) => manifest.metadata.name

async function outcomeOf(app: string, path: string, body: unknown, gateway: AdminOptions): Promise<Outcome> {
  try {
    const answer = (await callAdmin(path, gateway, { method: 'PUT', body })) as Outcome
    const { pending } = answer
    return pending ? { app, change: 'waits', digest: pending.digest, pending } : answer
  } catch (error) {
    if (error instanceof Failure && error.exitCode === exitCodes.refused)
      return { app, change: 'refused', failure: error }
    throw error
  }
}
