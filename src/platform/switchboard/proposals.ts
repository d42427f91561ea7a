import { type Proposal, type ProposalView, proposalView } from '#core/manifest/proposal.ts'

/** Proposals of one app that wait at most; past it the oldest is dropped. */
const maxWaiting = 20

/** What waits for a second person, and what was approved, in the SQLite of the switchboard. No replica needs it. */
export class ProposalTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(
      'CREATE TABLE IF NOT EXISTS proposals (n INTEGER PRIMARY KEY, app TEXT, digest TEXT, view TEXT, body TEXT)',
    )
    sql.exec('CREATE INDEX IF NOT EXISTS proposals_by_app ON proposals (app, digest)')
    sql.exec('CREATE TABLE IF NOT EXISTS approvals (app TEXT, digest TEXT, PRIMARY KEY (app, digest)) WITHOUT ROWID')
  }

  add(proposal: Proposal): void {
    const { app, digest } = proposal
    this.remove(app, digest)
    const [view, body] = [proposalView(proposal), proposal].map(one => JSON.stringify(one))
    this.#sql.exec('INSERT INTO proposals (app, digest, view, body) VALUES (?, ?, ?, ?)', app, digest, view, body)
    const kept = 'SELECT n FROM proposals WHERE app = ? ORDER BY n DESC LIMIT ?'
    this.#sql.exec(`DELETE FROM proposals WHERE app = ? AND n NOT IN (${kept})`, app, app, maxWaiting)
  }

  find(app: string, digest: string): Proposal | undefined {
    const query = 'SELECT body FROM proposals WHERE app = ? AND digest = ?'
    const [row] = this.#sql.exec<{ body: string }>(query, app, digest).toArray()
    return row && (JSON.parse(row.body) as Proposal)
  }

  /** Of one app or of all, oldest first. */
  list(app: string | undefined): ProposalView[] {
    const query = 'SELECT view FROM proposals WHERE ?1 IS NULL OR app = ?1 ORDER BY n LIMIT 500'
    const rows = this.#sql.exec<{ view: string }>(query, app ?? null).toArray()
    return rows.map(({ view }) => JSON.parse(view) as ProposalView)
  }

  remove(app: string, digest: string): void {
    this.#sql.exec('DELETE FROM proposals WHERE app = ? AND digest = ?', app, digest)
  }

  clear(app: string): void {
    this.#sql.exec('DELETE FROM proposals WHERE app = ?', app)
  }

  approve(app: string, digest: string): void {
    this.#sql.exec('INSERT OR IGNORE INTO approvals VALUES (?, ?)', app, digest)
  }

  isApproved(app: string, digest: string): boolean {
    return this.#sql.exec('SELECT 1 FROM approvals WHERE app = ? AND digest = ?', app, digest).toArray().length > 0
  }
}
