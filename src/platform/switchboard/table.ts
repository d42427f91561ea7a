import type { Publication } from '#core/manifest/publish.ts'
import type { SealedSecret } from '#core/secrets/sealed.ts'
import type { News, Standing, Switched, Turn } from '#core/switches/standing.ts'

/** One app as the switchboard and its replicas know it. */
export interface BoardRow {
  readonly app: string
  /** The version of the whole board at which this row last changed. */
  readonly version: number
  readonly turn?: Turn
  readonly edition: number
  /** The highest sequence published so far. */
  readonly sequence: number
  /** When each secret was last sealed, so that no older one counts, by name; the secret itself if that was lately. */
  readonly sealed?: Readonly<
    Record<string, { readonly atMs: number; readonly sealedAt: string; readonly secret?: SealedSecret }>
  >
  readonly published?: Pick<Publication, 'pointer' | 'revision' | 'belongings'> & { readonly atMs: number }
}

/** For so long a publication is served from here, so that a miss which KV remembers never counts. */
const servedForMs = 600_000
/** Changes told in one answer; more come with the next question, at once. */
export const newsAtOnce = 2_000

type Stored = {
  app: string
  version: number
  turn: string | null
  edition: number
  sequence: number
  published: string | null
  sealed: string | null
}

/** The rows, in the SQLite of a switchboard or of one of its replicas. */
export class SwitchTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS apps (
      app TEXT PRIMARY KEY, version INTEGER NOT NULL, standing TEXT NOT NULL, turn TEXT,
      edition INTEGER NOT NULL, sequence INTEGER NOT NULL, published TEXT, published_at INTEGER, sealed TEXT
    ) WITHOUT ROWID`)
    sql.exec('CREATE INDEX IF NOT EXISTS apps_by_version ON apps (version)')
    sql.exec("CREATE INDEX IF NOT EXISTS apps_not_open ON apps (standing) WHERE standing <> 'open'")
    sql.exec('CREATE TABLE IF NOT EXISTS belongings (key TEXT PRIMARY KEY, app TEXT NOT NULL) WITHOUT ROWID')
    sql.exec('CREATE INDEX IF NOT EXISTS belongings_by_app ON belongings (app)')
    sql.exec('CREATE INDEX IF NOT EXISTS apps_by_publication ON apps (published_at) WHERE published_at IS NOT NULL')
  }

  /** 1 before the first change: 0 is what an isolate asks with that knows nothing. */
  get version(): number {
    return this.#sql.exec<{ version: number }>('SELECT COALESCE(MAX(version), 1) AS version FROM apps').one().version
  }

  row(app: string): BoardRow | undefined {
    const stored = this.#sql.exec<Stored>('SELECT * FROM apps WHERE app = ?', app).toArray()[0]
    return stored && rowOf(stored)
  }

  /** Rows changed after a version, oldest change first. */
  since(version: number, limit: number = newsAtOnce): BoardRow[] {
    const query = 'SELECT * FROM apps WHERE version > ? ORDER BY version LIMIT ?'
    return this.#sql.exec<Stored>(query, version, limit).toArray().map(rowOf)
  }

  /** What an isolate is told. One that knows nothing needs only the apps that are not open. */
  news(since: number): News {
    const { version } = this
    if (since === 0 || since > version) {
      const query = "SELECT * FROM apps WHERE standing <> 'open'"
      const changed = this.#sql.exec<Stored>(query).toArray().map(rowOf).map(switchedOf)
      return { version, changed, isWhole: true, isPartial: false }
    }
    const rows = this.since(since)
    const isPartial = rows.length === newsAtOnce
    const through = isPartial ? (rows.at(-1)?.version ?? version) : version
    return { version: through, changed: rows.map(switchedOf), isWhole: false, isPartial }
  }

  write(...rows: readonly BoardRow[]): void {
    for (const { app, version, turn, edition, sequence, published, sealed } of rows) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO apps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        app,
        version,
        turn?.standing ?? 'open',
        turn ? JSON.stringify(turn) : null,
        edition,
        sequence,
        published ? JSON.stringify(published) : null,
        published?.atMs ?? null,
        sealed ? JSON.stringify(sealed) : null,
      )
      this.#sql.exec('DELETE FROM belongings WHERE app = ?', app)
      for (const key of published?.belongings ?? [])
        this.#sql.exec('INSERT OR REPLACE INTO belongings VALUES (?, ?)', key, app)
    }
  }

  /** The app to which a publication of the last minutes has given something. */
  ownerOf(key: string): string | undefined {
    return this.#sql.exec<{ app: string }>('SELECT app FROM belongings WHERE key = ?', key).toArray()[0]?.app
  }

  /** Lets go of publications that KV has long spread. */
  forgetOld(nowMs: number): void {
    const beforeMs = nowMs - servedForMs
    this.#sql.exec('DELETE FROM belongings WHERE app IN (SELECT app FROM apps WHERE published_at < ?)', beforeMs)
    this.#sql.exec('UPDATE apps SET published = NULL, published_at = NULL WHERE published_at < ?', beforeMs)
  }
}

function rowOf({ app, version, turn, edition, sequence, published, sealed }: Stored): BoardRow {
  return {
    app,
    version,
    edition,
    sequence,
    ...(turn && { turn: JSON.parse(turn) }),
    ...(published && { published: JSON.parse(published) }),
    ...(sealed && { sealed: JSON.parse(sealed) }),
  }
}

/** What stands where it lasts, and what isolates keep. */
export function switchedOf({ app, turn, edition }: BoardRow): Switched {
  return { app, standing: standingOf(turn), edition }
}

export function standingOf(turn: Turn | undefined): Standing {
  return turn?.standing ?? 'open'
}

/** Whether something written is recent enough to be served instead of KV's. */
export function isServed(recent: { readonly atMs: number } | undefined, nowMs: number): boolean {
  return recent !== undefined && nowMs - recent.atMs < servedForMs
}
