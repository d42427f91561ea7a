import { readFile } from 'node:fs/promises'

/** What a text is labelled to hold; offsets are UTF-16 code units, the end is exclusive. */
export interface Label {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly subtype?: string
}

/** A labelled text. Rows tagged `hard`, which a reasonable engine may miss or over-match, are reported apart. */
export interface Case {
  readonly text: string
  readonly entities: readonly Label[]
  readonly tags?: readonly string[]
}

/**
 * Reads cases, one JSON object in a line.
 *
 * @throws where a label lies outside its text, or there is no row: what was not measured must not look right
 */
export async function readCases(path: string): Promise<Case[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line.trim() !== '')
  if (lines.length === 0) throw new Error(`${path} holds no rows`)
  return lines.map((line, index) => {
    const row = JSON.parse(line) as Case
    const isInside = row.entities.every(({ start, end }) => start >= 0 && start < end && end <= row.text.length)
    if (!isInside) throw new Error(`${path}:${index + 1}: a label lies outside its text`)
    return row
  })
}

export const isHard = ({ tags }: Case): boolean => tags?.includes('hard') ?? false
