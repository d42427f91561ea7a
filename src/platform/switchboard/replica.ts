import { DurableObject } from 'cloudflare:workers'
import type { News } from '#core/switches/standing.ts'
import type { Env } from '../env.ts'
import { type BoardRow, newsAtOnce, SwitchTable } from './table.ts'

export const boardName = 'board'

export function replicaName(n: number): string {
  return `replica-${n}`
}

/** A copy of the switchboard near those who ask. It has every change before the operator hears that it is made. */
export class SwitchboardReplicaObject extends DurableObject<Env> {
  readonly #table: SwitchTable
  #isInitiated = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#table = new SwitchTable(ctx.storage.sql)
  }

  /**
   * Takes changes; where some before them are missing, it fetches those from the switchboard.
   *
   * @returns the version up to which it has everything
   */
  async receive({ from, rows }: { readonly from: number; readonly rows: readonly BoardRow[] }): Promise<number> {
    if (from === this.#table.version) {
      this.ctx.storage.transactionSync(() => this.#table.write(...rows))
      this.#table.forgetOld(Date.now())
    } else await this.#catchUp()
    this.#isInitiated = true
    return this.#table.version
  }

  async news(since: number): Promise<News> {
    await this.#initiate()
    return this.#table.news(since)
  }

  async row(app: string): Promise<BoardRow | undefined> {
    await this.#initiate()
    return this.#table.row(app)
  }

  /** The app to which something was given lately, by its key. */
  async ownerOf(key: string): Promise<string | undefined> {
    await this.#initiate()
    return this.#table.ownerOf(key)
  }

  /** A replica that is new, or was away, may have missed something while nobody thought of telling it. */
  async #initiate(): Promise<void> {
    if (this.#isInitiated) return
    await this.#catchUp()
    this.#isInitiated = true
  }

  async #catchUp(): Promise<void> {
    const board = this.env.SWITCHBOARD.getByName(boardName)
    for (;;) {
      const rows = await board.since(this.#table.version)
      this.ctx.storage.transactionSync(() => this.#table.write(...rows))
      if (rows.length < newsAtOnce) return
    }
  }
}
