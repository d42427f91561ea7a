/** Longer runs without a place to part them are parted by force. */
export const longestUnit = 1_024
/** A private key is kept whole, as long as it is no longer than this, the most that detectors read of one. */
export const longestKey = 20_000
/** So much of the next word is looked at. */
const wordStart = 64

/** Where a text may be parted: at the end of each line only, or between words as well. */
export type Parting = 'lines' | 'words'

const digit = /\p{Nd}/u

/** Whether a word has a digit, of whatever script. */
export const hasDigit = (word: string) => digit.test(word)

/** The word after a break; empty where it is too far or too long to tell, `undefined` where it has not come yet. */
export function wordAfter(text: string, start: number): string | undefined {
  let from = start
  while (from < start + wordStart && text.charCodeAt(from) === 32) from++
  for (let at = from; at < from + wordStart; at++) {
    if (at >= text.length) return undefined
    if (isBreak(text.charCodeAt(at))) return text.slice(from, at)
  }
  return ''
}

/** Where a text is parted that has no other place; 0 where that is not yet needed. */
export function forcedEnd(text: string, most: number): number {
  if (text.length <= most + wordStart) return 0
  for (let at = most; at > most / 2; at--) if (isBreak(text.charCodeAt(at - 1))) return at
  return isHighSurrogate(text.charCodeAt(most - 1)) ? most - 1 : most
}

/** Whether a text may be parted at its end: no word goes on there. */
export function endsWord(text: string): boolean {
  return text === '' || isBreak(text.charCodeAt(text.length - 1))
}

/** Spaces, line breaks, and the stops of languages that have no spaces. */
export const isBreak = (code: number) => code <= 32 || isStop(code)

export const isStop = (code: number) => code === 0x3002 || code === 0x3001 || code === 0xff0c || code === 0xff1f

const isHighSurrogate = (code: number) => code >= 0xd800 && code < 0xdc00
