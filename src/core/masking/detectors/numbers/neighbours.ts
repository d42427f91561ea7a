const blank = 32
/** The word that one blank parts from a value's beginning, and from its end. */
const wordBefore = /(?:^| )([A-Za-z\d]{1,20}) $/
const wordAfter = /^ ([A-Za-z\d]{1,20})(?: |$)/

/**
 * Is this spelling, parted by blanks, only a piece of something longer? So it is where the next word holds a digit
 * and is as long as the group beside it: `0019 0122 9115` within `LB62 0999 0000 0001 0019 0122 9115`.
 */
export function goesOn(text: string, start: number, end: number): boolean {
  if (text.charCodeAt(start - 1) !== blank && text.charCodeAt(end) !== blank) return false
  const spelling = text.slice(start, end)
  if (!spelling.includes(' ')) return false
  const first = /^\d*/.exec(spelling)?.[0].length
  const last = /\d*$/.exec(spelling)?.[0].length
  const before = wordBefore.exec(text.slice(Math.max(0, start - 22), start))?.[1]
  const after = wordAfter.exec(text.slice(end, end + 22))?.[1]
  return continues(before, first) || continues(after, last)
}

function continues(word: string | undefined, length: number | undefined): boolean {
  return word !== undefined && word.length === length && /\d/.test(word)
}
