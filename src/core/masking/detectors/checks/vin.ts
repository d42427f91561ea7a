const values: Readonly<Record<string, number>> = {
  A: 1,
  B: 2,
  C: 3,
  D: 4,
  E: 5,
  F: 6,
  G: 7,
  H: 8,
  J: 1,
  K: 2,
  L: 3,
  M: 4,
  N: 5,
  P: 7,
  R: 9,
  S: 2,
  T: 3,
  U: 4,
  V: 5,
  W: 6,
  X: 7,
  Y: 8,
  Z: 9,
}
const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]

/** Vehicle identification number: the ninth place checks the others (49 CFR 565.15, GB 16735). */
export function vin(text: string): boolean {
  let sum = 0
  for (let index = 0; index < 17; index++) {
    const letter = text[index]?.toUpperCase() ?? ''
    sum += (values[letter] ?? Number(letter)) * (weights[index] ?? 0)
  }
  return '0123456789X'[sum % 11] === text[8]?.toUpperCase()
}
