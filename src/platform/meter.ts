import { DurableObject } from 'cloudflare:workers'
import { type Discovery, type DiscoveryStore, maxDiscoveries } from '#core/api/discoveries.ts'
import { Judge, type Judgement, type Report, type Standing } from '#core/steer/judge.ts'
import type { Court } from '#core/steer/standings.ts'
import type { Env } from './env.ts'

/** A series within one app: the counter's name and its labels, as canonical JSON. */
export type Deltas = Readonly<Record<string, number>>

/** More series than this are folded into nothing: a label that grows without bound is a mistake. */
const maxSeries = 5_000

/** What one isolate saw of one thing that shadow mode let pass. */
export interface ShadowNote {
  readonly n: number
  readonly requestId: string
}

/** Things that shadow mode let pass: so many, for so long after the last time. */
const maxShadows = 500
const shadowsKeptMs = 30 * 86_400_000

/** Places that an app sought in vain: so many, for so long after the last time. */
const maxPlaces = 1_000
const placesKeptMs = 14 * 86_400_000

/** What a meter keeps, by what is told of it. */
const tables = `
  CREATE TABLE IF NOT EXISTS series (key TEXT PRIMARY KEY, value REAL NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS places (key TEXT PRIMARY KEY, n INTEGER NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS shadows (key TEXT PRIMARY KEY, n INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, request_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS heard (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS discoveries (app TEXT PRIMARY KEY, requests INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS standing (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
`

/**
 * One app's counters, summed over all isolates. One object per app carries some 1,000 flushes a second,
 * which is some 100 requests each: 100,000 requests a second for one app. Past that, shard by isolate.
 */
export class MeterObject extends DurableObject {
  readonly #judge: Judge

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env)
    ctx.storage.sql.exec(tables)
    const kept = ctx.storage.sql.exec<{ json: string }>('SELECT json FROM standing').toArray()[0]
    this.#judge = new Judge(kept && (JSON.parse(kept.json) as Standing))
  }

  /** Adds calls of apps that are not in the registry; only the meter that belongs to no app is asked. */
  addDiscoveries(requests: Deltas, nowMs: number): void {
    const { sql } = this.ctx.storage
    for (const [app, by] of Object.entries(requests)) {
      sql.exec(
        `INSERT INTO discoveries VALUES (?, ?, ?, ?)
         ON CONFLICT (app) DO UPDATE SET requests = requests + excluded.requests, last_at = excluded.last_at`,
        ...[app, by, nowMs, nowMs],
      )
    }
    sql.exec(
      'DELETE FROM discoveries WHERE app IN (SELECT app FROM discoveries ORDER BY last_at DESC, app LIMIT -1 OFFSET ?)',
      maxDiscoveries,
    )
  }

  /** The apps called last, first. */
  discoveries(): Discovery[] {
    const { sql } = this.ctx.storage
    const rows = sql.exec<{ app: string; requests: number; first_at: number; last_at: number }>(
      'SELECT * FROM discoveries ORDER BY last_at DESC, app',
    )
    return rows.toArray().map(({ app, requests, first_at, last_at }) => ({
      app,
      requests,
      firstAt: new Date(first_at).toISOString(),
      lastAt: new Date(last_at).toISOString(),
    }))
  }

  /**
   * Judges how the app's upstreams stand by what an isolate has seen. The standing outlives the object; the
   * outcomes of the last seconds, by which it is judged, do not.
   */
  hear(report: Report, nowMs: number): Judgement {
    const judgement = this.#judge.hear(report, nowMs)
    if (judgement.changes.length > 0)
      this.ctx.storage.sql.exec('INSERT OR REPLACE INTO standing VALUES (1, ?)', JSON.stringify(judgement.standing))
    return judgement
  }

  /** How the app's upstreams stand by what was heard so far. */
  standing(): Standing {
    return this.#judge.standing
  }

  /** Adds what an isolate saw shadow mode let pass; past the limit what happened longest ago is forgotten. */
  shadowed(notes: Readonly<Record<string, ShadowNote>>, nowMs: number): void {
    const { sql } = this.ctx.storage
    for (const [key, { n, requestId }] of Object.entries(notes)) {
      sql.exec(
        `INSERT INTO shadows VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
         SET n = n + excluded.n, last_at = excluded.last_at, request_id = excluded.request_id`,
        ...[key, n, nowMs, nowMs, requestId],
      )
    }
    sql.exec('DELETE FROM shadows WHERE last_at < ?', nowMs - shadowsKeptMs)
    sql.exec('DELETE FROM shadows WHERE key NOT IN (SELECT key FROM shadows ORDER BY last_at DESC LIMIT ?)', maxShadows)
  }

  /** What shadow mode has let pass lately. */
  shadows(nowMs: number) {
    type Row = { key: string; n: number; first_at: number; last_at: number; request_id: string }
    const query = 'SELECT * FROM shadows WHERE last_at >= ?'
    return this.ctx.storage.sql.exec<Row>(query, nowMs - shadowsKeptMs).toArray()
  }

  /** Adds where an isolate saw the app wanting to go; past the limit the places sought longest ago are forgotten. */
  sought(counts: Deltas, nowMs: number): void {
    const { sql } = this.ctx.storage
    for (const [key, by] of Object.entries(counts)) {
      sql.exec(
        'INSERT INTO places VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET n = n + excluded.n, last = excluded.last',
        key,
        by,
        nowMs,
      )
    }
    sql.exec('DELETE FROM places WHERE last < ?', nowMs - placesKeptMs)
    sql.exec('DELETE FROM places WHERE key NOT IN (SELECT key FROM places ORDER BY last DESC LIMIT ?)', maxPlaces)
  }

  /** The places sought lately. */
  places(nowMs: number): { key: string; n: number; last: number }[] {
    const since = nowMs - placesKeptMs
    const query = 'SELECT key, n, last FROM places WHERE last >= ?'
    return this.ctx.storage.sql.exec<{ key: string; n: number; last: number }>(query, since).toArray()
  }

  /** Adds what an isolate counted since it last reported, in one statement: each costs more than the rows it writes. */
  add(deltas: Deltas, nowMs: number): void {
    const { sql } = this.ctx.storage
    const { n } = sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM series').one()
    const rows = JSON.stringify(Object.entries(deltas))
    if (n < maxSeries) {
      sql.exec(
        `INSERT INTO series SELECT value ->> 0, value ->> 1, ? FROM json_each(?) WHERE true
         ON CONFLICT (key) DO UPDATE SET value = series.value + excluded.value, at = excluded.at`,
        nowMs,
        rows,
      )
    } else {
      sql.exec(
        `UPDATE series SET value = series.value + (told.value ->> 1), at = ? FROM json_each(?) AS told
         WHERE series.key = told.value ->> 0`,
        nowMs,
        rows,
      )
    }
    sql.exec('INSERT OR REPLACE INTO heard VALUES (1, ?)', nowMs)
  }

  /** When a series last grew. */
  countedAt(key: string): number | undefined {
    return this.ctx.storage.sql.exec<{ at: number }>('SELECT at FROM series WHERE key = ?', key).toArray()[0]?.at
  }

  /** Every series with its sum, and when the meter last heard of anything. */
  read(): { series: Record<string, number>; heardAtMs: number | undefined } {
    const { sql } = this.ctx.storage
    const rows = sql.exec<{ key: string; value: number }>('SELECT key, value FROM series').toArray()
    const heard = sql.exec<{ at: number }>('SELECT at FROM heard').toArray()[0]
    return { series: Object.fromEntries(rows.map(({ key, value }) => [key, value])), heardAtMs: heard?.at }
  }
}

/** Each app's judge sits in its meter. */
export function meterCourt({ METER }: Pick<Env, 'METER'>): Court {
  return {
    hear: (app, report, nowMs) => METER.getByName(app).hear(report, nowMs),
    standing: app => METER.getByName(app).standing(),
  }
}

/** The discoveries lie in the meter of what belongs to no app. */
export function meterDiscoveries({ METER }: Pick<Env, 'METER'>): DiscoveryStore {
  return {
    addDiscoveries: (requests, nowMs) => METER.getByName('-').addDiscoveries(requests, nowMs),
    discoveries: () => METER.getByName('-').discoveries(),
  }
}
