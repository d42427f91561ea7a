import { DurableObject } from 'cloudflare:workers'
import { keys } from '#core/keys.ts'
import type { Proposal, ProposalView } from '#core/manifest/proposal.ts'
import type { Publication } from '#core/manifest/publish.ts'
import type { SealedSecret } from '#core/secrets/sealed.ts'
import type { Turn } from '#core/switches/standing.ts'
import { within } from '#core/within.ts'
import type { Env } from '../env.ts'
import { ProposalTable } from './proposals.ts'
import { replicaName } from './replica.ts'
import { type BoardRow, isServed, SwitchTable } from './table.ts'

/** How long one replica may take to confirm a change before it is named as lacking it. */
const confirmMs = 2_000
/** When what is left to do is tried again: replicas that lag, and the copy in KV. */
const retryMs = 1_000

/** How a change went: the replicas that have not confirmed it yet. They are told again until they do. */
export interface Spread {
  readonly lacking: readonly string[]
}

/**
 * The single writer of what must spread fast. It writes only when an operator changes something: some 1,000
 * changes a second, of which nobody makes more than a few a minute. Readers ask the replicas: one carries
 * some 1,000 questions a second, which is 2,000 isolates; `SWITCHBOARD_REPLICAS` sets how many there are.
 */
export class SwitchboardObject extends DurableObject<Env> {
  readonly #table: SwitchTable
  readonly #waiting: ProposalTable

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#table = new SwitchTable(ctx.storage.sql)
    this.#waiting = new ProposalTable(ctx.storage.sql)
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS lagging (replica TEXT PRIMARY KEY) WITHOUT ROWID')
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS copying (one INTEGER PRIMARY KEY CHECK (one = 1)) WITHOUT ROWID')
  }

  /** Opens, kills or quarantines an app. */
  turn(app: string, turn: Turn): Promise<Spread> {
    this.ctx.storage.sql.exec('INSERT OR IGNORE INTO copying VALUES (1)')
    return this.#change(app, row => ({ ...row, turn }))
  }

  /** Makes a publication known. One whose sequence is not the highest yet is refused. */
  async publish(
    app: string,
    { pointer, revision, belongings }: Pick<Publication, 'pointer' | 'revision' | 'belongings'>,
  ): Promise<Spread | { readonly sequence: number }> {
    const sequence = this.#table.row(app)?.sequence ?? 0
    if (pointer.sequence <= sequence) return { sequence }
    const published = { atMs: Date.now(), pointer, revision, belongings }
    this.#waiting.clear(app)
    return this.#change(app, row => ({ ...row, published, sequence: pointer.sequence, edition: row.edition + 1 }))
  }

  /** Turns an app off, and forgets what was published or waits. Its sequence stays: what is published later stands above. */
  remove(app: string, turn: Turn): Promise<Spread> {
    this.#waiting.clear(app)
    this.ctx.storage.sql.exec('INSERT OR IGNORE INTO copying VALUES (1)')
    return this.#change(app, ({ published: _, ...row }) => ({ ...row, turn, edition: row.edition + 1 }))
  }

  propose(proposal: Proposal): void {
    this.#waiting.add(proposal)
  }

  proposal(app: string, digest: string): Proposal | undefined {
    return this.#waiting.find(app, digest)
  }

  proposals(app?: string): ProposalView[] {
    return this.#waiting.list(app)
  }

  withdraw(app: string, digest: string): void {
    this.#waiting.remove(app, digest)
  }

  approved(app: string, digest: string): void {
    this.#waiting.approve(app, digest)
  }

  wasApproved(app: string, digest: string): boolean {
    return this.#waiting.isApproved(app, digest)
  }

  behind(): string[] {
    const rows = this.ctx.storage.sql.exec<{ replica: string }>('SELECT replica FROM lagging ORDER BY replica')
    return rows.toArray().map(({ replica }) => replica)
  }

  /** Makes a sequence known that a signed pointer showed, which nobody told of here. */
  async raise(app: string, sequence: number): Promise<void> {
    if (sequence > this.#row(app).sequence) await this.#change(app, row => ({ ...row, sequence }))
  }

  /** Makes a sealed secret known, which KV already holds. */
  seal(app: string, name: string, secret: SealedSecret): Promise<Spread> {
    const atMs = Date.now()
    return this.#change(app, row => {
      const known = Object.entries(row.sealed ?? {}).map(([other, { secret: recent, ...one }]) => [
        other,
        { ...one, ...(recent && isServed(one, atMs) && { secret: recent }) },
      ])
      const { sealedAt } = secret
      const sealed = { ...Object.fromEntries(known), [name]: { atMs, sealedAt, secret } }
      return { ...row, edition: row.edition + 1, sealed }
    })
  }

  /** Makes every isolate forget what it remembers of an app, such as its secrets. */
  renew(app: string): Promise<Spread> {
    return this.#change(app, row => ({ ...row, edition: row.edition + 1 }))
  }

  row(app: string): BoardRow | undefined {
    return this.#table.row(app)
  }

  /** For a replica that missed something. */
  since(version: number): BoardRow[] {
    return this.#table.since(version)
  }

  override async alarm(): Promise<void> {
    const { sql } = this.ctx.storage
    this.#table.forgetOld(Date.now())
    const lagging = sql.exec<{ replica: string }>('SELECT replica FROM lagging').toArray()
    await Promise.all(lagging.map(({ replica }) => this.#bring(replica)))
    if (sql.exec('SELECT 1 FROM copying').toArray().length > 0) await this.#copy()
    const left = sql.exec('SELECT 1 FROM lagging UNION ALL SELECT 1 FROM copying').toArray().length
    if (left > 0) await this.ctx.storage.setAlarm(Date.now() + retryMs)
  }

  /** A change is durable before any replica hears of it, and heard by all before the answer, if they can be reached. */
  async #change(app: string, change: (row: BoardRow) => BoardRow): Promise<Spread> {
    const { sql } = this.ctx.storage
    const before = this.#table.version
    const row = { ...change(this.#row(app)), version: before + 1 }
    const replicas = Array.from({ length: Number(this.env.SWITCHBOARD_REPLICAS ?? 3) }, (_, n) => replicaName(n))
    this.#table.write(row)
    for (const replica of replicas) sql.exec('INSERT OR IGNORE INTO lagging VALUES (?)', replica)
    await this.ctx.storage.setAlarm(Date.now() + retryMs)
    await this.ctx.storage.sync()

    const told = await Promise.all(replicas.map(replica => this.#bring(replica, { from: before, rows: [row] })))
    return { lacking: replicas.filter((_, index) => !told[index]) }
  }

  /** Tells a replica what is new; without rows it is made to ask. Says whether it has everything up to now. */
  async #bring(
    replica: string,
    news?: { readonly from: number; readonly rows: readonly BoardRow[] },
  ): Promise<boolean> {
    const stub = this.env.SWITCHBOARD_REPLICA.getByName(replica)
    const { version } = this.#table
    try {
      const through = await within(confirmMs, stub.receive(news ?? { from: Number.POSITIVE_INFINITY, rows: [] }))
      if (through < version) return false
      if (this.#table.version === version) this.ctx.storage.sql.exec('DELETE FROM lagging WHERE replica = ?', replica)
      return true
    } catch {
      return false
    }
  }

  /** Leaves what is not open in KV, for an isolate that can reach nobody. */
  async #copy(): Promise<void> {
    const switched = this.#table.news(0).changed
    try {
      await within(confirmMs, this.env.REGISTRY.put(keys.switches, JSON.stringify(switched)))
      const isCurrent = JSON.stringify(this.#table.news(0).changed) === JSON.stringify(switched)
      if (isCurrent) this.ctx.storage.sql.exec('DELETE FROM copying')
    } catch {
      // stays in `copying`, so the next alarm tries again
    }
  }

  #row(app: string): BoardRow {
    return this.#table.row(app) ?? { app, version: 0, edition: 0, sequence: 0 }
  }
}
