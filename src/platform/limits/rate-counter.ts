import { DurableObject } from 'cloudflare:workers'
import { type Allowance, allowanceOf, shapeOf } from '#core/limits/allowance.ts'
import type { Ask, Grant, RateRule } from '#core/limits/rate-rule.ts'

/**
 * Windows up to this long live in memory alone: an object that leaves memory has been idle for longer, so
 * only a crash or a deployment makes it forget one.
 */
const memoryWindowSeconds = 60

/** How long after the last limit has emptied the object's storage is removed. */
const removeAfterMs = 60_000

/**
 * The only writer of the allowances of one app and one subject (a caller, a source, an address, the app
 * itself). One object carries some 1,000 leases a second.
 */
export class RateCounterObject extends DurableObject {
  readonly #allowances = new Map<string, { readonly shape: string; readonly limit: number; allowance: Allowance }>()
  #hasAlarm = false

  /** Grants nothing, or between what is asked at least and at most. */
  take(name: string, rule: RateRule, ask: Ask): Grant {
    const nowMs = Date.now()
    const allowance = this.#allowanceOf(name, rule, nowMs)
    const grant = allowance.take(ask, nowMs)
    if (grant.units > 0) this.#keep(name, rule, allowance)
    return grant
  }

  /** Takes back units that were granted and not used. */
  back(name: string, rule: RateRule, units: number, mark: number): void {
    const allowance = this.#allowanceOf(name, rule, Date.now())
    allowance.back(units, mark)
    this.#keep(name, rule, allowance)
  }

  /** Forgets everything once nothing counts any more, so that a caller who left costs nothing. */
  override async alarm(): Promise<void> {
    const nowMs = Date.now()
    const rows = isTableThere(this.ctx.storage.sql)
      ? this.ctx.storage.sql.exec<{ emptyAt: number }>('SELECT max(empty_at) AS emptyAt FROM allowances').toArray()
      : []
    const emptyAtMs = rows[0]?.emptyAt ?? 0
    if (emptyAtMs + removeAfterMs > nowMs) return this.ctx.storage.setAlarm(emptyAtMs + removeAfterMs)
    await this.ctx.storage.deleteAll()
    this.#hasAlarm = false
  }

  #allowanceOf(name: string, rule: RateRule, nowMs: number): Allowance {
    const shape = shapeOf(rule)
    const known = this.#allowances.get(name)
    if (known?.shape === shape && known.limit === rule.limit) return known.allowance
    const saved = known?.shape === shape ? known.allowance.saved() : this.#saved(name, shape, rule)
    const allowance = allowanceOf(rule, nowMs, saved)
    this.#allowances.set(name, { shape, limit: rule.limit, allowance })
    return allowance
  }

  #saved(name: string, shape: string, rule: RateRule): unknown {
    const { sql } = this.ctx.storage
    if (!isSaved(rule) || !isTableThere(sql)) return undefined
    const query = 'SELECT state FROM allowances WHERE name = ? AND shape = ?'
    const row = sql.exec<{ state: string }>(query, name, shape).toArray()[0]
    return row && JSON.parse(row.state)
  }

  #keep(name: string, rule: RateRule, allowance: Allowance): void {
    if (!isSaved(rule)) return
    const { sql } = this.ctx.storage
    sql.exec(
      'CREATE TABLE IF NOT EXISTS allowances (name TEXT PRIMARY KEY, shape TEXT, state TEXT, empty_at REAL) WITHOUT ROWID',
    )
    const emptyAtMs = allowance.emptyAtMs()
    sql.exec(
      'INSERT OR REPLACE INTO allowances VALUES (?, ?, ?, ?)',
      name,
      shapeOf(rule),
      JSON.stringify(allowance.saved()),
      emptyAtMs,
    )
    if (this.#hasAlarm) return
    this.#hasAlarm = true
    void this.ctx.storage.setAlarm(emptyAtMs + removeAfterMs)
  }
}

function isSaved(rule: RateRule): boolean {
  return rule.kind === 'calendar' || rule.windowSeconds > memoryWindowSeconds
}

function isTableThere(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'allowances'").toArray().length > 0
}
