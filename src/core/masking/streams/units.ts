/** Longer runs without a place to part them are parted by force. */
const longestUnit = 1_024
/** A private key is kept whole, as long as it is no longer than this. */
const longestKey = 8_192
/** So much of the next word is looked at. */
const wordStart = 64

const keyBegin = '-----BEGIN'
const keyEnd = /-----END[ A-Z0-9]{0,64}-----/

/** Where a text may be parted: at the end of each line only, or between words as well. */
export type Parting = 'lines' | 'words'

/**
 * Where the first unit of a text ends: a piece that no value reaches across. Between words a unit ends only where
 * neither has a digit, since numbers are written in groups; a private key is one unit. It depends on the text alone
 * and never on how much of it has come: with too little to tell, there is no end yet.
 *
 * @returns the unit's length, or 0
 */
export function unitEnd(text: string, parting: Parting): number {
  const keyAt = text.slice(0, longestUnit).indexOf(keyBegin)
  let wordAt = 0
  for (let at = 0; at < text.length && at < longestKey; at++) {
    if (at >= longestUnit && keyAt < 0) break
    const code = text.charCodeAt(at)
    if (!isBreak(code)) continue
    const end = at + 1
    if (keyAt >= 0 && keyAt < at && !keyEnd.test(text.slice(keyAt, at))) continue
    if (code === 10 || isStop(code)) return end
    if (parting === 'words' && at > wordAt) {
      const next = nextWord(text, end)
      if (next === undefined) return 0
      if (next !== '' && !/\d/.test(next) && !/\d/.test(text.slice(wordAt, at))) return end
    }
    wordAt = end
  }
  const most = keyAt >= 0 ? longestKey : longestUnit
  return text.length > most + wordStart ? forcedEnd(text, most) : 0
}

/** The next word; empty where it is too long to tell, `undefined` where it has not come yet. */
function nextWord(text: string, start: number): string | undefined {
  let from = start
  while (from < text.length && text.charCodeAt(from) === 32) from++
  for (let at = from; at < from + wordStart; at++) {
    if (at >= text.length) return undefined
    if (isBreak(text.charCodeAt(at))) return text.slice(from, at)
  }
  return ''
}

function forcedEnd(text: string, most: number): number {
  for (let at = most; at > most / 2; at--) if (isBreak(text.charCodeAt(at - 1))) return at
  return isHighSurrogate(text.charCodeAt(most - 1)) ? most - 1 : most
}

/** Whether a text may be parted at its end: no word goes on there. */
export function endsWord(text: string): boolean {
  return text === '' || isBreak(text.charCodeAt(text.length - 1))
}

/** Spaces, line breaks, and the stops of languages that have no spaces. */
const isBreak = (code: number) => code <= 32 || isStop(code)

const isStop = (code: number) =>
  code === 0x3002 || code === 0x3001 || code === 0xff0c || code === 0xff01 || code === 0xff1f

const isHighSurrogate = (code: number) => code >= 0xd800 && code < 0xdc00
