import { type MailboxAddress, mintEventId } from '#core/delivery/event-id.ts'
import { gathered, type Notice, type NoticeType, noticeOf, type Occurrence, type Telling } from '#core/owner/notice.ts'

/** What happens within so long of the first of its type goes into one message with it. */
const gatherMs = 1_000
/** The rate limit: a message of one type leaves so long after the one before it at the earliest. */
const paceMs = 60_000
/** A message that nobody has confirmed is sent again after 1 min, 2 min, 4 min … at most 1 h. */
const againAfterMs = 60_000
const againAtMostMs = 3_600_000
/** So long after it was first sent it is given up. */
const givenUpAfterMs = 259_200_000

type NoticeRow = {
  id: string
  type: NoticeType
  content: string
  due_at: number | null
  tries: number
  first_sent: number | null
}

/**
 * Adds to what the owner is to be told. Of each type one message gathers while another may be on its way;
 * the first to leave has its content fixed, so that sending it again is a repetition and not another one.
 *
 * @returns when the message leaves, in ms since 1970; `undefined` while it waits for the one before it
 */
export function note(
  sql: SqlStorage,
  mailbox: MailboxAddress,
  type: NoticeType,
  what: Omit<Occurrence, 'at'>,
  nowMs: number,
): number | undefined {
  const occurrence = { at: new Date(nowMs).toISOString(), ...what }
  const open = sql.exec<NoticeRow>('SELECT * FROM notices WHERE type = ? AND tries = 0', type).toArray()[0]
  if (open) {
    const content = JSON.stringify(gathered(JSON.parse(open.content), occurrence))
    sql.exec('UPDATE notices SET content = ? WHERE id = ?', content, open.id)
    return open.due_at ?? undefined
  }
  const id = mintEventId(mailbox, new Date(nowMs))
  const isBehind = sql.exec('SELECT 1 FROM notices WHERE type = ?', type).toArray().length > 0
  const dueMs = isBehind ? null : earliestMs(sql, type, nowMs)
  const content = JSON.stringify(noticeOf(id, type, occurrence))
  sql.exec('INSERT INTO notices (id, type, content, due_at) VALUES (?, ?, ?, ?)', id, type, content, dueMs)
  return dueMs ?? undefined
}

export interface Due {
  readonly notices: readonly Notice[]
  /** Messages that nobody took for three days; they are forgotten with this. */
  readonly givenUp: readonly Notice[]
}

/** The messages to send now, each put off to when it is sent again: only the courier's report ends that. */
export function noticesDue(sql: SqlStorage, nowMs: number): Due {
  const rows = sql.exec<NoticeRow>('SELECT * FROM notices WHERE due_at <= ? ORDER BY due_at', nowMs).toArray()
  const isOld = ({ first_sent: first }: NoticeRow) => first !== null && first + givenUpAfterMs <= nowMs
  for (const row of rows.filter(row => !isOld(row))) {
    if (row.tries === 0) sql.exec('INSERT OR REPLACE INTO told VALUES (?, ?)', row.type, nowMs)
    const againMs = nowMs + Math.min(againAtMostMs, againAfterMs * 2 ** row.tries)
    const update = 'UPDATE notices SET due_at = ?, tries = tries + 1, first_sent = COALESCE(first_sent, ?) WHERE id = ?'
    sql.exec(update, againMs, nowMs, row.id)
  }
  for (const row of rows.filter(isOld)) remove(sql, row.id, nowMs)
  const contentOf = ({ content }: NoticeRow) => JSON.parse(content) as Notice
  return { notices: rows.filter(row => !isOld(row)).map(contentOf), givenUp: rows.filter(isOld).map(contentOf) }
}

/** What became of one try. Anything but a failure ends the message; a failure leaves it to be sent again. */
export function noticeEnded(sql: SqlStorage, id: string, telling: Telling, nowMs: number): void {
  if (telling !== 'failed') remove(sql, id, nowMs)
}

/** When the next message leaves; `undefined` when there is none. */
export function nextNoticeMs(sql: SqlStorage): number | undefined {
  return sql.exec<{ at: number | null }>('SELECT MIN(due_at) AS at FROM notices').one().at ?? undefined
}

/** With a message goes what held up the one behind it. */
function remove(sql: SqlStorage, id: string, nowMs: number): void {
  const gone = sql.exec<NoticeRow>('DELETE FROM notices WHERE id = ? RETURNING *', id).toArray()[0]
  if (!gone) return
  const release = 'UPDATE notices SET due_at = ? WHERE type = ? AND due_at IS NULL'
  sql.exec(release, earliestMs(sql, gone.type, nowMs), gone.type)
}

function earliestMs(sql: SqlStorage, type: NoticeType, nowMs: number): number {
  const { at } = sql.exec<{ at: number }>('SELECT at FROM told WHERE type = ?', type).toArray()[0] ?? {}
  return Math.max(nowMs + gatherMs, at === undefined ? 0 : Math.min(at, nowMs) + paceMs)
}
