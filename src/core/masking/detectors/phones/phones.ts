import { contextWords, type Surroundings } from '../context.ts'
import type { Claim } from '../finding.ts'
import { goesOn } from '../numbers/neighbours.ts'
import type { Group, Run } from '../numbers/runs.ts'
import { isAmerican, isInternational, isNational, isPossible } from './validity.ts'

const phoneWords = contextWords([
  'phone',
  'phones',
  'phone number',
  'telephone',
  'tel',
  'tel.',
  'tel no',
  'telefon',
  'telefono',
  'teléfono',
  'telefone',
  'téléphone',
  'telefoon',
  'telefonnummer',
  'mobile',
  'mobil',
  'móvil',
  'movil',
  'celular',
  'portable',
  'handy',
  'cell',
  'cellphone',
  'cell phone',
  'call',
  'calls',
  'call me',
  'dial',
  'fax',
  'sms',
  'text me',
  'whats app',
  'signal',
  'hotline',
  'helpline',
  'landline',
  'ring',
  'msisdn',
  'phone no',
  'телефон',
  'тел',
  '电话',
  '手机',
  '電話',
  '携帯',
])
/** Right after these a number is something else, also where its checksum fails. */
const otherWords = contextWords([
  'nhs',
  'nhs number',
  'nhs no',
  'npi',
  'medicare',
  'part',
  'part number',
  'part no',
  'serial',
  'serial number',
  'isbn',
  'order',
  'order number',
  'order no',
  'invoice',
  'invoice number',
  'invoice no',
  'ticket',
  'tracking',
  'tracking number',
  'policy',
  'policy number',
  'account',
  'account number',
])
/** How near such a word is to say so, in characters. */
const rightBefore = 8
/** North America's 3-3-4, which its own plan judges. */
const american = /^(?:1[ .-]?)?(?:\(\d{3}\) ?|\d{3}([ .-]))\d{3}[ .-]\d{4}$/
/** Others that are hardly anything but telephone numbers: an area code in parentheses, a trunk 0 before groups. */
const grouped =
  /^(?:\(0?\d{1,5}\)[ .-]?\d{2,5}(?:[ .-]\d{2,5}){0,4}|0\d{1,4}[ ./-]{1,3}\d{2,8}(?:[ .-]\d{2,6}){0,5}|00\d{1,3}[ .-]\d{1,5}(?:[ .-]\d{2,6}){1,5})$/
/** A trunk 0 and fewer digits than this may be anything. */
const leastGrouped = 9
/** What is no number to call: a social security number, an address, a moment (`08.12.2024 10`). */
const otherwise =
  /^\d{3}[ .-]\d{2}[ .-]\d{4}$|^\d{1,4}(?:\.\d{1,3}){3}$|(?:^|\D)(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d{2}|(?:19|20)\d{2}([./-])\d{1,2}\2\d{1,2})(?:\D|$)/
const local = /^\d{3}[ .-]\d{4}$/
const extension = /^(?:,? ?(?:x|ext\.?|extension|#) ?\d{1,6})(?![A-Za-z\d])/i

/** A local number, without its area code. */
export const leastPhoneDigits = 7
/** E.164 allows 15 digits; an international prefix adds three. */
const mostDigits = 18
const mostGroups = 8
const plus = 43
const parenthesis = 40

export type PhoneSearch = (text: string, runs: readonly Run[], near: Surroundings, claims: Claim[]) => void

/** Finds telephone numbers: international ones anywhere, national ones of some countries by spelling or context. */
export const phonesIn: PhoneSearch = (text, runs, near, claims) => {
  for (const run of runs) {
    for (let first = 0; first < run.length; ) {
      const isOpen = first === 0 || run[first]?.gap.includes(' ') || run[first]?.gap.includes('(')
      const taken = isOpen ? longest(text, run, first, near, claims) : 0
      first += taken || 1
    }
  }
}

/** How many groups from the first on are the longest number that begins there; 0 if none does. */
function longest(text: string, run: Run, first: number, near: Surroundings, claims: Claim[]): number {
  const counts: number[] = []
  const digits = digitsFrom(text, run, first, counts)
  if (digits.length < leastPhoneDigits) return 0
  const start = startOf(text, run[first] as Group)
  const rankOf = text.charCodeAt(start) === plus || text.charCodeAt(start + 1) === plus ? internationalRank : rank
  for (let last = first + counts.length - 1; last >= first; last--) {
    const count = counts[last - first] ?? 0
    if (count < leastPhoneDigits || (last + 1 < run.length && !run[last + 1]?.gap.includes(' '))) continue
    const { end } = run[last] as Group
    const priority = rankOf(text, start, end, digits.slice(0, count), near)
    if (priority === 0) continue
    const more = end === text.length ? 0 : (extension.exec(text.slice(end, end + 16))?.[0].length ?? 0)
    claims.push({ type: 'PHONE', start, end: end + more, priority })
    return last - first + 1
  }
  return 0
}

/** Where the spelling begins: at a plus or a parenthesis before the first group. */
function startOf(text: string, { start }: Group): number {
  const before = text.charCodeAt(start - 1)
  if (before === plus) return text.charCodeAt(start - 2) === parenthesis ? start - 2 : start - 1
  if (before !== parenthesis) return start
  return text.charCodeAt(start - 2) === plus ? start - 2 : start - 1
}

/** The digits of the groups from the first on, as long as they are not too many, and how many each group makes it. */
function digitsFrom(text: string, run: Run, first: number, counts: number[]): string {
  let digits = ''
  for (let last = first; last < run.length && last < first + mostGroups; last++) {
    const { start, end } = run[last] as Group
    if (digits.length + end - start > mostDigits) break
    digits += text.slice(start, end)
    counts.push(digits.length)
  }
  return digits
}

function internationalRank(text: string, start: number, end: number, digits: string, near: Surroundings): number {
  if (isInternational(digits)) return 6
  const spelling = text.slice(start, end)
  const readings = spelling.includes('(0)') ? [digits, spelling.replace('(0)', '').replaceAll(/\D/g, '')] : [digits]
  if (readings.some(isInternational)) return 6
  // with a word beside it, it may also be one that nobody had been given when the plans were written
  return near.distance(phoneWords, start, end) !== undefined && readings.some(isPossible) ? 6 : 0
}

function rank(text: string, start: number, end: number, digits: string, near: Surroundings): number {
  if (digits.length > 15) return 0
  if (near.key?.says(phoneWords)) return 7
  const spelling = text.slice(start, end)
  const isBare = digits.length === spelling.length
  const distance = near.distance(phoneWords, start, end)
  const is334 = american.test(spelling)
  const isWritten = is334 || (digits.length >= leastGrouped && grouped.test(spelling))
  if ((distance === undefined && (isBare || !isWritten)) || otherwise.test(spelling) || goesOn(text, start, end))
    return 0
  const fromAbroad = digits.startsWith('00') ? digits.slice(2) : digits
  if (distance !== undefined) {
    const isNumber = isNational(digits) || isPossible(fromAbroad)
    return isNumber || local.test(spelling) ? 7 - distance / 128 : 0
  }
  const other = near.distance(otherWords, start, end)
  if (other !== undefined && other <= rightBefore) return 0
  if (is334) return isAmerican(digits) ? 5 : 0
  return isNational(digits) || (fromAbroad !== digits && isInternational(fromAbroad)) ? 5 : 0
}
