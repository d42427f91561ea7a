import { contextWords, type Surroundings } from '../context.ts'
import type { Claim } from '../finding.ts'
import { goesOn } from '../numbers/neighbours.ts'
import type { Group, Run } from '../numbers/runs.ts'
import { nationalCountries, northAmerica } from './countries.ts'
import { isPossible, type Plan, planOf } from './plans.ts'

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

/** Made when first asked, and kept. */
let plans: { readonly american: readonly Plan[]; readonly others: readonly Plan[] } | undefined

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
  const start = startOf(text, run[first] as Group)
  const hasPlus = text[start] === '+' || text[start + 1] === '+'
  const counts = digitsUpTo(run, first)
  for (let last = first + counts.length - 1; last >= first; last--) {
    const digits = counts[last - first] ?? 0
    const end = run[last]?.end ?? 0
    if (digits < leastPhoneDigits || (last + 1 < run.length && !run[last + 1]?.gap.includes(' '))) continue
    const priority = rank(text, start, end, hasPlus, near)
    if (priority === 0) continue
    const more = extension.exec(text.slice(end, end + 16))?.[0].length ?? 0
    claims.push({ type: 'PHONE', start, end: end + more, priority })
    return last - first + 1
  }
  return 0
}

/** Where the spelling begins: at a plus or a parenthesis before the first group. */
function startOf(text: string, { start }: Group): number {
  if (text[start - 1] === '+') return text[start - 2] === '(' ? start - 2 : start - 1
  if (text[start - 1] !== '(') return start
  if (text[start - 2] === '+') return start - 2
  return start - 1
}

/** How many digits there are up to each next group, as long as they are not too many. */
function digitsUpTo(run: Run, first: number): number[] {
  const counts: number[] = []
  for (let last = first, digits = 0; last < run.length && last < first + mostGroups; last++) {
    const group = run[last] as Group
    digits += group.end - group.start
    if (digits > mostDigits) break
    counts.push(digits)
  }
  return counts
}

function rank(text: string, start: number, end: number, hasPlus: boolean, near: Surroundings): number {
  const spelling = text.slice(start, end)
  const digits = spelling.replaceAll(/\D/g, '')
  if (hasPlus) {
    const withoutTrunk = spelling.replace(/\(0\)/, '').replaceAll(/\D/g, '')
    return isPossible(withoutTrunk) || isPossible(digits) ? 6 : 0
  }
  if (digits.length > 15) return 0
  if (near.key?.says(phoneWords)) return 7
  const isBare = digits.length === spelling.length
  const distance = near.distance(phoneWords, start, end)
  const isAmerican = american.test(spelling)
  const isWritten = isAmerican || (digits.length >= leastGrouped && grouped.test(spelling))
  if ((distance === undefined && (isBare || !isWritten)) || otherwise.test(spelling) || goesOn(text, start, end))
    return 0
  if (distance !== undefined) {
    const isNumber = isValidIn('others', digits) || isValidIn('american', digits) || isPossible(digits)
    return isNumber || local.test(spelling) ? 7 - distance / 128 : 0
  }
  const other = near.distance(otherWords, start, end)
  if (other !== undefined && other <= rightBefore) return 0
  if (isAmerican) return isValidIn('american', digits) ? 5 : 0
  return isValidIn('others', digits) || (digits.startsWith('00') && isPossible(digits.slice(2))) ? 5 : 0
}

function isValidIn(which: 'american' | 'others', digits: string): boolean {
  plans ??= { american: northAmerica.map(planOf), others: nationalCountries.map(planOf) }
  return plans[which].some(plan => plan.isValid(digits))
}
