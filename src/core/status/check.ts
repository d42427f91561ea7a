import * as z from 'zod'

/** What is wrong with the registry: entries that cannot be used, secrets that are named and nowhere. */
const Findings = z.object({
  apps: z.int(),
  bad: z.array(z.object({ app: z.string(), reason: z.string() })),
  missingSecrets: z.array(z.object({ app: z.string(), name: z.string() })),
})

export type Findings = z.infer<typeof Findings>

/** A check that goes through the registry in several runs: where it stands, and what the one before found. */
export const CheckState = z.object({
  cursor: z.string().optional(),
  found: Findings,
  last: Findings.extend({ checkedAt: z.iso.datetime() }).optional(),
})

export type CheckState = z.infer<typeof CheckState>

/** Where a check is remembered from run to run. */
export interface CheckStore {
  read(): Promise<unknown>
  keep(state: CheckState): Promise<void>
}

/** Findings that are named at most; more of them have one cause. */
const mostNamed = 1_000

export const nothingFound: Findings = { apps: 0, bad: [], missingSecrets: [] }

/** What of one app is wrong. */
export interface AppFindings {
  readonly reason?: string
  readonly missing?: readonly string[]
}

/** Findings with those of another app. */
export function withApp({ apps, bad, missingSecrets }: Findings, app: string, found: AppFindings): Findings {
  const { reason, missing = [] } = found
  return {
    apps: apps + 1,
    bad: [...bad, ...(reason === undefined ? [] : [{ app, reason }])].slice(0, mostNamed),
    missingSecrets: [...missingSecrets, ...missing.map(name => ({ app, name }))].slice(0, mostNamed),
  }
}
