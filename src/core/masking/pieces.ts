import type { Edit } from './edit.ts'
import type { Where } from './field-rules.ts'
import type { Judge, MaskingEdit } from './pass.ts'

/** Members in which models repeat a text token by token; an escaped quote before the name is within a string. */
const members = /(?<!\\)"((?:prompt_)?logprobs(?:Result)?)"\s*:\s*(?=[[{])/g

/**
 * The edits of a JSON text in which what repeats a text in pieces becomes `null`: no detector sees a value in pieces,
 * and bytes and names of members hold them as well. Only for who masks: pieces of a token say nothing.
 *
 * @param edits of the text's values, in order
 */
export function withoutPieces<Kind extends Edit>(
  text: string,
  edits: readonly Kind[],
  judge: Judge,
): readonly (Kind | MaskingEdit)[] {
  if (!judge.hidesPieces || !text.includes('logprobs')) return edits
  const dropped: MaskingEdit[] = []
  for (const { index, 0: found, 1: name = '' } of text.matchAll(members)) {
    const start = index + found.length
    if (start < (dropped.at(-1)?.end ?? 0)) continue
    const where: Where = { places: [], name: () => name, segments: () => ['**', name] }
    dropped.push({ ...judge.fieldEdit('', 'drop', where), start, end: endOf(text, start), text: 'null' })
  }
  const kept = edits.filter(({ start }) => !dropped.some(one => start >= one.start && start < one.end))
  return [...kept, ...dropped].sort((a, b) => a.start - b.start)
}

/** Where an object or array ends in a JSON text that is well-formed. */
function endOf(text: string, start: number): number {
  const marks = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/gs
  marks.lastIndex = start
  for (let depth = 0; ; ) {
    const mark = marks.exec(text)
    if (!mark) return text.length
    if (mark[0] === '{' || mark[0] === '[') depth += 1
    else if (!mark[0].startsWith('"') && --depth === 0) return marks.lastIndex
  }
}
