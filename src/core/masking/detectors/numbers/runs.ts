/** Digits that stand together, from `start` to `end`. */
export interface Group {
  readonly start: number
  readonly end: number
  /** The characters between the last group and this one. */
  readonly gap: string
}

/** Groups of digits with at most three marks between them: what one number may be, or several in a row. */
export type Run = readonly Group[]

/** A longer row of numbers is cut; no number has as many groups. */
const maxGroups = 64
/** `) - ` is the longest that people write within one number. */
const maxGap = 3

const marks = new Uint8Array(128)
for (const mark of ' ()./-') marks[mark.charCodeAt(0)] = 1

/** All runs with as many digits. Groups that touch a letter are none: they belong to a word. */
export function runsOf(text: string, leastDigits: number): Run[] {
  const runs: Run[] = []
  let run: Group[] = []
  let digits = 0
  let lastEnd = -1
  const close = () => {
    if (digits >= leastDigits) runs.push(run)
    run = []
    digits = 0
  }
  for (let index = 0; index < text.length; index++) {
    if (!isDigit(text.charCodeAt(index))) continue
    const start = index
    while (index < text.length && isDigit(text.charCodeAt(index))) index++
    if (isLetter(text.charCodeAt(start - 1)) || isLetter(text.charCodeAt(index))) {
      if (run.length > 0) close()
      continue
    }
    const gap = run.length > 0 ? gapBetween(text, lastEnd, start) : ''
    if (gap === undefined || run.length >= maxGroups) close()
    run.push({ start, end: index, gap: gap ?? '' })
    digits += index - start
    lastEnd = index
  }
  if (run.length > 0) close()
  return runs
}

function gapBetween(text: string, from: number, to: number): string | undefined {
  if (to - from > maxGap) return undefined
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index)
    if (code > 127 || marks[code] === 0) return undefined
  }
  return text.slice(from, to)
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}
