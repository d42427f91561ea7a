import { ean } from './cards.ts'
import { digitAt, isDay, isRepeated, pair, weighted } from './digits.ts'
import { luhn } from './luhn.ts'
import { mod11And10 } from './mod11-10.ts'

/** NHS number: weights 10 to 2, by 11. */
export function ukNhs(digits: string): boolean {
  const check = 11 - (weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)
  return !isRepeated(digits) && check !== 10 && (check === 11 ? 0 : check) === digitAt(digits, 9)
}

/** Belgium: a day of birth, a serial, and 97 less the remainder; those born since 2000 count with a 2 before. */
export function beNationalNumber(digits: string): boolean {
  const number = Number(digits.slice(0, 9))
  const check = pair(digits, 9)
  const month = pair(digits, 2) % 20
  const mayBeDay = month <= 12 && pair(digits, 4) <= 31
  return (
    mayBeDay && !isRepeated(digits) && (97 - (number % 97) === check || 97 - ((2_000_000_000 + number) % 97) === check)
  )
}

/** Bulgaria's EGN: months from 20 are the 19th century, from 40 the 21st. */
export function bgEgn(digits: string): boolean {
  const sum = weighted(digits, [2, 4, 8, 5, 10, 9, 7, 3, 6])
  const month = pair(digits, 2)
  return month < 60 && isDay(month % 20, pair(digits, 4)) && (sum % 11) % 10 === digitAt(digits, 9)
}

/** Switzerland's AHV number: 756, and the check digit of article numbers. */
export function chAhv(digits: string): boolean {
  return digits.startsWith('756') && ean(digits)
}

/** Czechia and Slovakia: women's months count from 50; divisible by 11 since 1954. */
export function czBirthNumber(digits: string): boolean {
  const month = pair(digits, 2) % 50
  return isDay(month > 20 ? month - 20 : month, pair(digits, 4)) && isByEleven(digits)
}

function isByEleven(digits: string): boolean {
  return Number(digits) % 11 === 0 || (Number(digits.slice(0, 9)) % 11 === 10 && digits[9] === '0')
}

/** Germany's tax identification number: one digit of the first ten stands there two or three times, and one check digit. */
export function deTaxId(digits: string): boolean {
  const counts = new Array<number>(10).fill(0)
  for (let index = 0; index < 10; index++) counts[digitAt(digits, index)] = (counts[digitAt(digits, index)] ?? 0) + 1
  const repeated = counts.filter(count => count > 1)
  return digits[0] !== '0' && repeated.length === 1 && (repeated[0] ?? 9) <= 3 && mod11And10(digits)
}

/** Denmark's CPR: the day of birth; the checksum no longer binds (since 2007), so it is not asked for. */
export function dkCpr(digits: string): boolean {
  return isDay(pair(digits, 2), pair(digits, 0))
}

/** The checksum that Danish numbers had until 2007, and most still have. */
export function dkCprChecked(digits: string): boolean {
  return dkCpr(digits) && weighted(digits, [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
}

/** Estonia and Lithuania: weights, and others where the first leave ten. */
export function eePersonalCode(digits: string): boolean {
  const first = weighted(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
  const check = first < 10 ? first : (weighted(digits, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10
  const century = digitAt(digits, 0)
  return century >= 1 && century <= 6 && isDay(pair(digits, 3), pair(digits, 5)) && check === digitAt(digits, 10)
}

/** Spain's NIF and NIE: a letter by 23; X, Y, Z count as 0, 1, 2. */
export function esNif(text: string): boolean {
  const plain = text.replace(/^[XYZ]/, letter => String('XYZ'.indexOf(letter)))
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(plain.slice(0, -1)) % 23] === plain.at(-1)
}

/** Finland: the century's sign stands between; a check character by 31. */
export function fiHetu(text: string): boolean {
  const number = Number(text.slice(0, 6) + text.slice(7, 10))
  return (
    text.length === 11 &&
    isDay(pair(text, 2), pair(text, 0)) &&
    '0123456789ABCDEFHJKLMNPRSTUVWXY'[number % 31] === text[10]
  )
}

/** France's NIR: sex, year, month, department (Corsica's 2A as 19, 2B as 18), and 97 less the remainder. */
export function frNir(text: string): boolean {
  const digits = text.replace('2A', '19').replace('2B', '18')
  if (!/^[1-478]\d{14}$/.test(digits) || pair(digits, 3) === 0) return false
  return 97 - Number(BigInt(digits.slice(0, 13)) % 97n) === Number(digits.slice(13))
}

/** Croatia's OIB. */
export function hrOib(digits: string): boolean {
  return !isRepeated(digits) && mod11And10(digits)
}

/** Ireland's PPS number: a letter by 23; a second letter counts nine times. */
export function iePps(text: string): boolean {
  const second = text[8] === undefined || text[8] === 'W' ? 0 : text.charCodeAt(8) - 64
  return 'WABCDEFGHIJKLMNOPQRSTUV'[(weighted(text, [8, 7, 6, 5, 4, 3, 2]) + second * 9) % 23] === text[7]
}

/** The values of characters at odd places of an Italian fiscal code, 0 to 9 and then A to Z. */
const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]
const oddLetters = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

/** Italy's codice fiscale: a letter by 26. */
export function itFiscalCode(text: string): boolean {
  let sum = 0
  for (let index = 0; index < 15; index++) {
    const code = text.charCodeAt(index)
    const value = code < 58 ? code - 48 : code - 65
    sum += index % 2 === 1 ? value : ((code < 58 ? odd[value] : oddLetters[value]) ?? 0)
  }
  return (sum % 26) + 65 === text.charCodeAt(15)
}

/** The Netherlands' BSN: the eleven-test. */
export function nlBsn(digits: string): boolean {
  return !isRepeated(digits) && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0
}

/** Norway: day of birth (D-numbers add 40 to the day, others 40 or 80 to the month), and two check digits by 11. */
export function noFnr(digits: string): boolean {
  const isChecked =
    weighted(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
    weighted(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
  return isDay(pair(digits, 2) % 40, pair(digits, 0) % 40) && isChecked
}

/** Poland's PESEL: months carry the century in steps of 20. */
export function plPesel(digits: string): boolean {
  const isDue = isDay(pair(digits, 2) % 20, pair(digits, 4))
  return isDue && weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
}

/** Portugal's NIF: a check digit by 11. */
export function ptNif(digits: string): boolean {
  const check = 11 - (weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)
  return /^[1235689]/.test(digits) && !isRepeated(digits) && (check > 9 ? 0 : check) === digitAt(digits, 8)
}

/** Romania's CNP: sex and century, day of birth, county, a check digit by 11. */
export function roCnp(digits: string): boolean {
  const check = weighted(digits, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11
  const county = pair(digits, 7)
  const isDue = digitAt(digits, 0) > 0 && county > 0 && county <= 80 && isDay(pair(digits, 3), pair(digits, 5))
  return isDue && (check === 10 ? 1 : check) === digitAt(digits, 12)
}

/** Sweden: Luhn over the last ten digits; coordination numbers add 60 to the day. */
export function sePersonnummer(digits: string): boolean {
  const ten = digits.slice(-10)
  return isDay(pair(ten, 2), pair(ten, 4) % 60) && (digits.length === 10 || /^(?:18|19|20)/.test(digits)) && luhn(ten)
}
