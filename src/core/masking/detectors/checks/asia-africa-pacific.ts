import { digitAt, isDay, isRepeated, pair, weighted } from './digits.ts'
import { luhn } from './luhn.ts'
import { verhoeff } from './verhoeff.ts'

/** Australia's business number: one less in the first place, weights, by 89. */
export function auAbn(digits: string): boolean {
  return digits[0] !== '0' && (weighted(digits, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0
}

/** Australia's Medicare card: the ninth digit checks the first eight; a tenth counts issues, an eleventh people. */
export function auMedicare(digits: string): boolean {
  return /^[2-6]/.test(digits) && weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digitAt(digits, 8)
}

/** Australia's tax file number, by 11. */
export function auTfn(digits: string): boolean {
  return !isRepeated(digits) && weighted(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0
}

/** China's resident number: day of birth, and a check character by 11, X for ten (GB 11643). */
export function cnResidentId(text: string): boolean {
  const sum = weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
  const isDue = /^[1-9]\d{5}(?:18|19|20)/.test(text) && isDay(pair(text, 10), pair(text, 12))
  return isDue && '10X98765432'[sum % 11] === text[17]?.toUpperCase()
}

/** Israel: Luhn over nine digits. */
export function ilId(digits: string): boolean {
  return !isRepeated(digits) && luhn(digits)
}

/** India's Aadhaar: twelve digits, not from 0 or 1, Verhoeff's check digit. */
export function inAadhaar(digits: string): boolean {
  return digitAt(digits, 0) > 1 && !isRepeated(digits) && verhoeff(digits)
}

/** Korea: day of birth, and a check digit by 11, which numbers given since October 2020 lack. */
export function krRrn(digits: string): boolean {
  return isDay(pair(digits, 2), pair(digits, 4))
}

/** The check digit of Korean numbers given before October 2020. */
export function krRrnChecked(digits: string): boolean {
  return (
    krRrn(digits) && (11 - (weighted(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === digitAt(digits, 12)
  )
}

const nric: Readonly<Record<string, readonly [add: number, letters: string]>> = {
  S: [0, 'JZIHGFEDCBA'],
  T: [4, 'JZIHGFEDCBA'],
  F: [0, 'XWUTRQPNMLK'],
  G: [4, 'XWUTRQPNMLK'],
  M: [3, 'KLJNPQRTUWX'],
}

/** Singapore's NRIC and FIN: a letter by 11, other letters for each series. */
export function sgNric(text: string): boolean {
  const [add, letters] = nric[text[0] ?? ''] ?? [0, '']
  const rest = (weighted(text.slice(1), [2, 7, 6, 5, 4, 3, 2]) + add) % 11
  return letters[text[0] === 'M' ? 10 - rest : rest] === text[8]
}

/** Thailand: weights 13 to 2, by 11. */
export function thId(digits: string): boolean {
  const sum = weighted(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2])
  return /^[1-8]/.test(digits) && !isRepeated(digits) && (11 - (sum % 11)) % 10 === digitAt(digits, 12)
}

/** Turkey's TCKN: the tenth digit from odd and even places, the last from the sum. */
export function trTckn(digits: string): boolean {
  const sum = weighted(digits, [1, 1, 1, 1, 1, 1, 1, 1, 1])
  const tenth = ((weighted(digits, [7, -1, 7, -1, 7, -1, 7, -1, 7]) % 10) + 10) % 10
  return digits[0] !== '0' && tenth === digitAt(digits, 9) && (sum + tenth) % 10 === digitAt(digits, 10)
}

/** Taiwan: a letter for the place as two digits, then sex, serial and check digit. */
export function twId(text: string): boolean {
  const place = 'ABCDEFGHJKLMNPQRSTUVXYWZIO'.indexOf(text[0] ?? '') + 10
  const sum = Math.floor(place / 10) + (place % 10) * 9 + weighted(text.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])
  return place >= 10 && sum % 10 === 0
}

/** South Africa: day of birth, citizenship, Luhn. */
export function zaId(digits: string): boolean {
  return isDay(pair(digits, 2), pair(digits, 4)) && digitAt(digits, 10) <= 2 && luhn(digits)
}
