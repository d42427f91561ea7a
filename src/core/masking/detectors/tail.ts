import { isHarmless } from './glance.ts'

/** What a word without digits and signs may bring to its end: a secret by its name, a key, a bank account, credentials; and what may be spelled so. */
const open =
  /(?:pass|word|wd|phrase|code|key|secret|token|credentials?)\\?["'”]?\s{0,3}(?:[:=]| is | was )|-----|(?<![A-Za-z\d])[A-Za-z]{2}\d\d(?:[ -]?[A-Za-z\d]){0,30}[ -]?$|basic |[^\0-\u009f\u00ae-\u065f\u2016-\u202e\u3001-\ufe62]/i

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
