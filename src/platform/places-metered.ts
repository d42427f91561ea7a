import type { Place, Places, SoughtPlace } from '#core/egress/places.ts'
import type { Clock } from '#core/ports.ts'
import type { Env } from './env.ts'
import { gathering } from './gathering.ts'

/** Places gather in this isolate and are flushed to the app's meter. */
export function meteredPlaces(
  { METER }: Pick<Env, 'METER'>,
  clock: Clock,
  background: (work: Promise<unknown>) => void,
): Places {
  const gathered = gathering<number>(clock, background, (app, counts, nowMs) =>
    METER.getByName(app).sought(counts, nowMs),
  )
  return {
    note: (app, { method, origin, path }) =>
      gathered.add(app, JSON.stringify([method, origin, path]), (before = 0) => before + 1),

    async list(app) {
      await gathered.flush()
      const rows = await METER.getByName(app).places(clock.now().getTime())
      return rows.map(({ key, n, last }) => ({ ...placeOf(key), count: n, lastAt: new Date(last).toISOString() }))
    },
  }
}

function placeOf(key: string): Omit<SoughtPlace, 'count' | 'lastAt'> {
  const [method, origin, path] = JSON.parse(key) as [Place['method'], Place['origin'], Place['path']]
  return { method, origin, path }
}
