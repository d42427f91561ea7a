import { DurableObject } from 'cloudflare:workers'
import { type Claim, type Ending, keptMs } from '#core/idempotency/claim.ts'

interface Row extends Record<string, SqlStorageValue> {
  readonly fingerprint: string
  readonly token: string
  readonly state: 'claimed' | 'answered' | 'unkept'
  readonly until: number
  readonly status: number | null
  readonly headers: string | null
  readonly body: ArrayBuffer | null
}

/**
 * The only writer of a part of an app's idempotency keys. Nothing in a call awaits, so of a hundred requests
 * that come at once one is the first; and no answer leaves before its write is on disk.
 */
export class ClaimsObject extends DurableObject {
  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env)
    ctx.storage.sql.exec(`CREATE TABLE IF NOT EXISTS claims (
      id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, token TEXT NOT NULL, state TEXT NOT NULL,
      until INTEGER NOT NULL, status INTEGER, headers TEXT, body BLOB
    )`)
    ctx.storage.sql.exec('CREATE INDEX IF NOT EXISTS claims_until ON claims (until)')
  }

  look(id: string, fingerprint: string): Claim | undefined {
    const query = 'SELECT * FROM claims WHERE id = ? AND until > ?'
    const row = this.ctx.storage.sql.exec<Row>(query, id, Date.now()).toArray()[0]
    return row && found(row, fingerprint)
  }

  async claim(id: string, fingerprint: string, holdMs: number): Promise<Claim> {
    const nowMs = Date.now()
    const { sql } = this.ctx.storage
    const known = this.look(id, fingerprint)
    if (known) return known
    const token = crypto.randomUUID()
    sql.exec(
      'INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL)',
      id,
      fingerprint,
      token,
      'claimed',
      nowMs + holdMs,
    )
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(nowMs + keptMs)
    return { kind: 'claimed', token }
  }

  settle(id: string, token: string, ending: Ending): void {
    const { sql } = this.ctx.storage
    if (ending.kind === 'released') {
      sql.exec("DELETE FROM claims WHERE id = ? AND token = ? AND state = 'claimed'", id, token)
      return
    }
    const answer = ending.kind === 'answered' ? ending.answer : undefined
    sql.exec(
      `UPDATE claims SET state = ?, until = ?, status = ?, headers = ?, body = ?
       WHERE id = ? AND token = ? AND state = 'claimed'`,
      ending.kind,
      Date.now() + keptMs,
      answer?.status ?? null,
      answer ? JSON.stringify(answer.headers) : null,
      answer ? (answer.body.slice().buffer as ArrayBuffer) : null,
      id,
      token,
    )
  }

  /** Forgets what is over. */
  override async alarm(): Promise<void> {
    const { sql } = this.ctx.storage
    sql.exec('DELETE FROM claims WHERE until <= ?', Date.now())
    const { next } = sql.exec<{ next: number | null }>('SELECT min(until) AS next FROM claims').one()
    if (next !== null) await this.ctx.storage.setAlarm(Math.max(next, Date.now() + 60_000))
  }
}

function found({ fingerprint, state, status, headers, body }: Row, asked: string): Claim {
  if (fingerprint !== asked) return { kind: 'mismatch' }
  if (state === 'claimed') return { kind: 'in-flight' }
  if (status === null || headers === null || body === null) return { kind: 'unkept' }
  return { kind: 'answered', answer: { status, headers: JSON.parse(headers), body: new Uint8Array(body) } }
}
