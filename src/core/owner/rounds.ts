import * as z from 'zod'

/** How far the rounds have come in which owners are reminded. */
export const Round = z.object({
  /** Up to here every reminder that fell due was handed over. */
  sinceMs: z.number(),
  /** A round that goes on: what falls due until here, from this page on. */
  open: z.object({ untilMs: z.number(), cursor: z.string(), hasFailed: z.boolean() }).optional(),
})

export type Round = z.infer<typeof Round>

/** Where the state of the rounds outlives an invocation. */
export interface Rounds {
  read(): Promise<unknown>
  keep(round: Round): Promise<void>
}

/** A round begins so long after the one before it at the earliest. */
const everyMs = 600_000
/** Time looked at once more, since the registry's list may show an app a minute late. */
const overlapMs = 600_000
/** What nobody could be told for so long is let go of. */
const behindAtMostMs = 7 * 86_400_000
/** Where nothing is known of an earlier round. */
const firstMs = 86_400_000

/** The round to make now; `undefined` where it is too early. */
export function roundDue(stored: unknown, nowMs: number): (Round & { readonly untilMs: number }) | undefined {
  const { sinceMs = nowMs - firstMs, open } = Round.safeParse(stored).data ?? {}
  const bounded = Math.max(sinceMs - overlapMs, nowMs - behindAtMostMs)
  if (open) return { sinceMs: bounded, untilMs: open.untilMs, open }
  return nowMs - sinceMs < everyMs ? undefined : { sinceMs: bounded, untilMs: nowMs }
}
