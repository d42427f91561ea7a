import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPublicAddress } from '#core/egress/address.ts'
import type { FetchSetting } from '#core/egress/fetchable.ts'
import { redirectTarget } from '#core/egress/redirect.ts'
import { readRule } from '#core/egress/rule.ts'
import { RuleBook } from '#core/egress/rule-book.ts'
import { readTarget, type Target } from '#core/egress/target.ts'

/** A labelled row; which of the fields it has depends on its file. `either` is counted, never wrong. */
export interface Row {
  readonly expect: 'allow' | 'deny' | 'either'
  readonly why: string
  readonly url?: string
  readonly base?: string
  readonly location?: string
  readonly ip?: string
}

/** What became of one file. */
export interface Score {
  readonly file: string
  readonly rows: number
  readonly allow: number
  readonly deny: number
  readonly wrong: readonly { readonly line: number; readonly row: Row; readonly judged: 'allow' | 'deny' }[]
}

/** The allow-list that the labels were made for. */
const rules = ['https://api.stripe.com', 'https://*.googleapis.com', 'https://maps.company.com']
const setting: FetchSetting = { isLocal: false, ownHosts: [] }
const book = new RuleBook(rules.map(readRule).filter(rule => typeof rule !== 'string'))

/** How each file's rows are judged: by the very functions that the door uses. */
const judges: Readonly<Record<string, (row: Row) => boolean>> = {
  'ssrf-urls.jsonl': ({ url = '' }) => passes(readTarget(url, setting)),
  'redirects.jsonl': ({ base = '', location = '' }) => passes(redirectTarget(new URL(base), location, setting)),
  'ip-classify.jsonl': ({ ip = '' }) => isPublicAddress(ip),
}

/**
 * Judges every row of the labelled files in a folder.
 *
 * @throws when a file is missing or empty: what was not measured must not look right
 */
export function measureEgress(folder: string): Promise<Score[]> {
  return Promise.all(
    Object.entries(judges).map(async ([file, passes]) => {
      const lines = (await readFile(join(folder, file), 'utf8')).split('\n').filter(line => line.trim() !== '')
      if (lines.length === 0) throw new Error(`${file} holds no rows`)
      const rows = lines.map(line => JSON.parse(line) as Row)
      const judged = rows.map((row, at) => ({ line: at + 1, row, judged: passes(row) ? 'allow' : 'deny' }) as const)
      const count = (verdict: Row['expect']) => rows.filter(row => row.expect === verdict).length
      const wrong = judged.filter(({ row, judged }) => row.expect !== 'either' && row.expect !== judged)
      return { file, rows: rows.length, allow: count('allow'), deny: count('deny'), wrong }
    }),
  )
}

/** A line per file, and one for each row that was judged wrongly. */
export function reportText(scores: readonly Score[]): string {
  return scores
    .flatMap(({ file, rows, allow, deny, wrong }) => [
      `${file}: ${rows} rows (${allow} to allow, ${deny} to deny), ${wrong.length} wrong`,
      ...wrong.map(({ line, row, judged }) => `  line ${line}: ${judged}, expected ${row.expect}: ${row.why}`),
    ])
    .map(line => `${line}\n`)
    .join('')
}

function passes(target: Target | string): boolean {
  return typeof target !== 'string' && book.find('GET', target) !== undefined
}
