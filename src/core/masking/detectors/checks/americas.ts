import { digitAt, isRepeated, pair, weighted } from './digits.ts'
import { luhn } from './luhn.ts'

/** Areas, groups and serials that the Social Security Administration has never issued, and numbers it voided. */
export function usSsn(digits: string): boolean {
  const area = Number(digits.slice(0, 3))
  if (area === 0 || area === 666 || area >= 900) return false
  if (digits.slice(3, 5) === '00' || digits.slice(5) === '0000') return false
  return digits !== '078051120' && digits !== '219099999' && digits !== '123456789' && !isRepeated(digits)
}

/** Taxpayer numbers: 9, and a group of the ranges that the IRS uses (Publication 1915). */
export function usItin(digits: string): boolean {
  const group = pair(digits, 3)
  return (
    digits[0] === '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 99 && group !== 89 && group !== 93))
  )
}

/** National Provider Identifier: Luhn over 80840 and the ten digits (45 CFR 162.406). */
export function npi(digits: string): boolean {
  return (digits[0] === '1' || digits[0] === '2') && luhn(`80840${digits}`)
}

/** Bank routing number: a Federal Reserve district, and weights 3, 7, 1 by 10 (ABA Key to Routing Numbers). */
export function aba(digits: string): boolean {
  const district = pair(digits, 0)
  const isDistrict =
    district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district === 80
  return isDistrict && !isRepeated(digits) && weighted(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0
}

/** Canada's Social Insurance Number: Luhn; 8 is not issued. */
export function caSin(digits: string): boolean {
  return digits[0] !== '8' && !isRepeated(digits) && luhn(digits)
}

/** Brazil's CPF: two check digits, each by 11. */
export function brCpf(digits: string): boolean {
  return !isRepeated(digits) && descending(digits, 9) && descending(digits, 10)
}

function descending(digits: string, place: number): boolean {
  let sum = 0
  for (let index = 0; index < place; index++) sum += digitAt(digits, index) * (place + 1 - index)
  return ((sum * 10) % 11) % 10 === digitAt(digits, place)
}

/** Brazil's CNPJ: two check digits by 11; since 2026 the first twelve places may be letters too, by their code less 48. */
export function brCnpj(text: string): boolean {
  return !isRepeated(text) && cnpjDigit(text, 12) && cnpjDigit(text, 13)
}

function cnpjDigit(text: string, place: number): boolean {
  let sum = 0
  for (let index = 0; index < place; index++) sum += digitAt(text, index) * (((place - 1 - index) % 8) + 2)
  const rest = sum % 11
  return (rest < 2 ? 0 : 11 - rest) === digitAt(text, place)
}

/** Argentina's CUIT and CUIL: a kind, and a check digit by 11. */
export function arCuit(digits: string): boolean {
  const check = 11 - (weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)
  return /^(?:2[034567]|3[034])/.test(digits) && (check === 11 ? 0 : check === 10 ? 9 : check) === digitAt(digits, 10)
}

/** Chile's RUT: a check character by 11, K for ten. */
export function clRut(text: string): boolean {
  const digits = text.slice(0, -1)
  let sum = 0
  for (let index = digits.length - 1, weight = 2; index >= 0; index--, weight = weight === 7 ? 2 : weight + 1) {
    sum += digitAt(digits, index) * weight
  }
  return '0123456789K'[(11 - (sum % 11)) % 11] === text.at(-1)?.toUpperCase()
}

const curpLetters = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ'

/** Mexico's CURP: weights 18 to 2 over digits and letters, by 10. */
export function mxCurp(text: string): boolean {
  let sum = 0
  for (let index = 0; index < 17; index++) sum += curpLetters.indexOf(text[index] ?? '') * (18 - index)
  return (10 - (sum % 10)) % 10 === digitAt(text, 17)
}
