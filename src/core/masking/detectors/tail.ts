import { folded } from './fold.ts'
import { isHarmless } from './glance.ts'

/** What a word without digits and signs may bring to its end: a secret by its name, a key, a bank account, the letter of a number, credentials; and what may be spelled so. */
const open =
  /(?:pass|word|wd|phrase|code|key|secret|token|credentials?)\\?["'”]?\s{0,3}(?:[:=]| is | was )|-----|(?<![A-Za-z\d])[A-Za-z]{2}\d\d(?:[ -]?[A-Za-z\d]){0,30}[ -]?$|\d [a-z](?![a-z\d])|basic |[^\0-\u009f\u00ae-\u065f\u2016-\u202e\u3001-\ufe62]/i

/**
 * Whether no built-in type can end in words that come after others, wherever it began: then they need not be searched
 * with what stands before them. For words without a name.
 *
 * @param before ends where a word does
 */
export function endsNothing(before: string, words: string): boolean {
  // a name may stand before them, and what ties a value to it within them: `pwd` and `is abc`
  return isHarmless(words) && !open.test(before) && !open.test(before + words)
}

/** What a value may go on after, though no word there has a digit: a bank account, a day, a named secret, a quoted name before an `@`. */
const unfinished = [
  /(?<![A-Za-z\d])[A-Za-z]{2}\d\d(?:[ -]?[A-Za-z\d]){0,30} $/,
  /\d(?:st|nd|rd|th)? of $/,
  /(?:pass|word|wd|phrase|code|key|secret|token|credentials?)\\?["'”]?\s{0,3}(?:[:=]>?| is | was )(?:is |was )?\s{0,3}(?:\\?["'“][^"'”\\\r\n]{0,256}|[^\s"'”<>,;&\\]{1,256})$/i,
  /(?<![\p{L}\p{N}])"[^"\\\r\n]{1,62}$/u,
]
/** One of these is in each of them, or what folds into one. */
const unfinishedSign = /[\p{Nd}"'“:=\uff01-\uff5e]| is | was /u
/** More than any of them takes. */
const longestUnfinished = 320

/** Whether a value may reach across the end of a text, though neither the word before nor the one after has a digit. */
export function isOpen(text: string): boolean {
  const end = text.slice(-longestUnfinished)
  if (!unfinishedSign.test(end)) return false
  const seen = beyondAscii.test(end) ? folded(end) : end
  return unfinished.some(pattern => pattern.test(seen))
}

const beyondAscii = /[^\0-\x7f]/

/** Numbers, capitals and tokens that are a value only beside a word that tells so. */
const told = /\d(?:\D*\d){4}|[A-Z]{6}|[A-Z]\d[A-Z\d]{3}|[\w+/.~-]{20}/

/** Whether words after a text may tell that a value is in it, or which. */
export function mayBeTold(text: string): boolean {
  return told.test(beyondAscii.test(text) ? folded(text) : text)
}
