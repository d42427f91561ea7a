/** Luhn's check digit (ISO/IEC 7812-1, annex B): it catches every single wrong digit. */
export function luhn(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, isDoubled = false; index >= 0; index--, isDoubled = !isDoubled) {
    const value = digits.charCodeAt(index) - 48
    sum += isDoubled ? (value > 4 ? value * 2 - 9 : value * 2) : value
  }
  return sum % 10 === 0
}
