import type { EventState } from '#core/delivery/event.ts'

/**
 * A query uses a partial index only where it repeats the index's condition word for word, so every query on
 * `state` writes it out; `test/platform/mailbox/plans.test.ts` refuses one that scans the table.
 *
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
    order_key     TEXT,                       -- sealed
    turn          INTEGER,                    -- handed over: goes before the event of its key with this seq
    is_late       INTEGER NOT NULL DEFAULT 0, -- handed over after later ones of its key had gone
    lane          INTEGER NOT NULL DEFAULT 0, -- 0 first attempts, 1 retries, 2 replays
    replay        TEXT,                       -- the bulk replay it is part of
    attempts      INTEGER NOT NULL DEFAULT 0, -- over its whole life: the number of the latest attempt
    tries         INTEGER NOT NULL DEFAULT 0, -- since it was accepted, or last replayed
    since         INTEGER NOT NULL,           -- when that counting began
    due_at        INTEGER,                    -- waiting: the next attempt, none behind another of its key; delivering: the end of the lease; dead: when it is announced, none once it is archived
    announced     INTEGER NOT NULL DEFAULT 0, -- dead: how often
    leased_at     INTEGER,                    -- delivering: when the attempt began
    fault         TEXT
  );
  CREATE INDEX IF NOT EXISTS events_waiting ON events (source, lane, due_at) WHERE state = 'waiting';
  CREATE INDEX IF NOT EXISTS events_delivering ON events (source, due_at) WHERE state = 'delivering';
  CREATE INDEX IF NOT EXISTS events_order ON events (source, order_key, seq) WHERE order_key IS NOT NULL AND state IN ('waiting', 'delivering');
  CREATE INDEX IF NOT EXISTS events_order_ended ON events (source, order_key, seq) WHERE order_key IS NOT NULL AND state IN ('delivered', 'dead');
  CREATE INDEX IF NOT EXISTS events_replay ON events (replay) WHERE replay IS NOT NULL AND state IN ('waiting', 'delivering');
  CREATE INDEX IF NOT EXISTS events_ended ON events (source, received_at) WHERE state IN ('delivered', 'dead', 'dropped') AND due_at IS NULL;
  CREATE INDEX IF NOT EXISTS events_unburied ON events (due_at) WHERE state = 'dead' AND due_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS events_vendor_id ON events (source, vendor_id) WHERE vendor_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS events_signed_digest ON events (signed_digest) WHERE signed_digest IS NOT NULL;

  -- vendors' ids of events that live in another mailbox
  CREATE TABLE IF NOT EXISTS claims (
    source TEXT NOT NULL, vendor_id TEXT NOT NULL, event_id TEXT NOT NULL, received_at INTEGER NOT NULL, until_at INTEGER NOT NULL,
    PRIMARY KEY (source, vendor_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS claims_until ON claims (until_at);
  CREATE INDEX IF NOT EXISTS claims_event ON claims (event_id);

  -- ids that vendors were told, of events that were there before
  CREATE TABLE IF NOT EXISTS aliases (id TEXT PRIMARY KEY, event_id TEXT NOT NULL, made_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS aliases_made ON aliases (made_at);
  CREATE INDEX IF NOT EXISTS aliases_event ON aliases (event_id);

  -- events that were forgotten while others held them for this mailbox: what is on its way here is not taken
  CREATE TABLE IF NOT EXISTS forgotten (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS forgotten_at ON forgotten (at);

  CREATE TABLE IF NOT EXISTS extent (one INTEGER PRIMARY KEY CHECK (one = 1), shards INTEGER NOT NULL);

  CREATE TABLE IF NOT EXISTS contents (seq INTEGER PRIMARY KEY, headers TEXT NOT NULL, body BLOB);

  CREATE TABLE IF NOT EXISTS attempts (
    seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, ms INTEGER, status INTEGER, fault TEXT,
    PRIMARY KEY (seq, n)
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS sources (source TEXT PRIMARY KEY, terms TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS pauses (source TEXT PRIMARY KEY) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS gaps (
    source TEXT NOT NULL, order_key TEXT NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY (source, order_key, event_id)
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS replays (
    id TEXT PRIMARY KEY, order_text TEXT NOT NULL, state TEXT NOT NULL, matched INTEGER NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0, next_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, tick_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- events that were on their way when a replay began
  CREATE TABLE IF NOT EXISTS replay_left_out (replay TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (replay, seq)) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS breaker (one INTEGER PRIMARY KEY CHECK (one = 1), open_until INTEGER NOT NULL);

  -- what the owner is to be told: of each type one message that has left, and one that gathers
  CREATE TABLE IF NOT EXISTS notices (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, content TEXT NOT NULL,
    due_at INTEGER,                           -- none behind another of its type
    tries INTEGER NOT NULL DEFAULT 0, first_sent INTEGER
  ) WITHOUT ROWID;

  -- when a message of a type first left last
  CREATE TABLE IF NOT EXISTS told (type TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

  -- how near each end of the app's life has come, as the owner was told
  CREATE TABLE IF NOT EXISTS reminders (expires_at INTEGER PRIMARY KEY, days INTEGER NOT NULL);
`

/** Which events start first when not all may. */
export const lanes = { first: 0, retry: 1, replay: 2 } as const

/** A row of `events`. */
export type EventRow = {
  seq: number
  id: string
  source: string
  state: EventState
  received_at: number
  size: number
  hops: number
  order_key: string | null
  is_late: number
  lane: number
  replay: string | null
  attempts: number
  tries: number
  since: number
  due_at: number | null
  leased_at: number | null
  fault: string | null
}

/** The columns of an `EventRow`, for a SELECT. */
export const eventColumns =
  'seq, id, source, state, received_at, size, hops, order_key, is_late, lane, replay, attempts, tries, since, due_at, leased_at, fault'
