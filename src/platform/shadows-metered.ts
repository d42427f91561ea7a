import type { Clock } from '#core/ports.ts'
import type { Shadowed, Shadows } from '#core/shadow/shadows.ts'
import type { Env } from './env.ts'
import { gathering } from './gathering.ts'
import type { ShadowNote } from './meter.ts'

/** What shadow mode let pass gathers in this isolate and is flushed to the app's meter. */
export function meteredShadows(
  { METER }: Pick<Env, 'METER'>,
  clock: Clock,
  background: (work: Promise<unknown>) => void,
): Shadows {
  const gathered = gathering<ShadowNote>(clock, background, (app, notes, nowMs) =>
    METER.getByName(app).shadowed(notes, nowMs),
  )
  return {
    note: (app, what, requestId) =>
      gathered.add(app, JSON.stringify(what), before => ({ n: (before?.n ?? 0) + 1, requestId })),

    async list(app) {
      await gathered.flush()
      const rows = await METER.getByName(app).shadows(clock.now().getTime())
      return rows.map(({ key, n, first_at, last_at, request_id }) => ({
        ...(JSON.parse(key) as Shadowed),
        count: n,
        firstAt: new Date(first_at).toISOString(),
        lastAt: new Date(last_at).toISOString(),
        requestId: request_id,
      }))
    },
  }
}
