import type { EventState } from '#core/delivery/event.ts'

/**
 * An event's facts stand apart from its bytes, so that a change of state never rewrites a body. An event
 * that has ended stays for its retention, and with it the ids that duplicates are known by.
 */
export const tables = `
  CREATE TABLE IF NOT EXISTS events (
    seq           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    source        TEXT NOT NULL,
    state         TEXT NOT NULL,
    received_at   INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    hops          INTEGER NOT NULL,
    vendor_id     TEXT,
    signed_digest TEXT,
    attempts      INTEGER NOT NULL DEFAULT 0, -- over its whole life: the number of the latest attempt
    tries         INTEGER NOT NULL DEFAULT 0, -- since it was accepted, or last replayed
    since         INTEGER NOT NULL,           -- when that counting began
    due_at        INTEGER,                    -- waiting: the next attempt; delivering: the end of the lease
    leased_at     INTEGER,                    -- delivering: when the attempt began
    fault         TEXT
  );
  CREATE INDEX IF NOT EXISTS events_open ON events (source, state, due_at) WHERE state IN ('waiting', 'delivering');
  CREATE INDEX IF NOT EXISTS events_dead ON events (seq) WHERE state = 'dead';
  CREATE INDEX IF NOT EXISTS events_vendor_id ON events (source, vendor_id) WHERE vendor_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS events_signed_digest ON events (signed_digest) WHERE signed_digest IS NOT NULL;

  CREATE TABLE IF NOT EXISTS contents (seq INTEGER PRIMARY KEY, headers TEXT NOT NULL, body BLOB);

  CREATE TABLE IF NOT EXISTS attempts (
    seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, ms INTEGER, status INTEGER, fault TEXT,
    PRIMARY KEY (seq, n)
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS sources (source TEXT PRIMARY KEY, terms TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS burials (seq INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, sent INTEGER NOT NULL DEFAULT 0);
`

/** A row of `events`. */
export type EventRow = {
  seq: number
  id: string
  source: string
  state: EventState
  received_at: number
  size: number
  hops: number
  attempts: number
  tries: number
  since: number
  due_at: number | null
  leased_at: number | null
  fault: string | null
}

/** The columns of an `EventRow`, for a SELECT. */
export const eventColumns =
  'seq, id, source, state, received_at, size, hops, attempts, tries, since, due_at, leased_at, fault'
