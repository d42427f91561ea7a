/** The sum of digits, each times its weight. */
export function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0
  for (let index = 0; index < weights.length; index++) sum += digitAt(digits, index) * (weights[index] as number)
  return sum
}

/** The digit at a place, as a number. */
export function digitAt(digits: string, index: number): number {
  return digits.charCodeAt(index) - 48
}

/** Is it one digit over and over? Such numbers pass many checksums and are nobody's. */
export function isRepeated(digits: string): boolean {
  for (let index = 1; index < digits.length; index++) {
    if (digits.charCodeAt(index) !== digits.charCodeAt(0)) return false
  }
  return true
}

const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** May a calendar have this day? The year is not asked for. */
export function isDay(month: number, day: number): boolean {
  return day >= 1 && day <= (daysOf[month - 1] ?? 0)
}

/** Two digits as a number. */
export function pair(digits: string, index: number): number {
  return digitAt(digits, index) * 10 + digitAt(digits, index + 1)
}
