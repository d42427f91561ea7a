/** The remainder by 97 of a text of digits and capital letters, A counting as 10 (ISO/IEC 7064, MOD 97-10). */
export function mod97(text: string): number {
  let rest = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    rest = code < 58 ? (rest * 10 + code - 48) % 97 : (rest * 100 + code - 55) % 97
  }
  return rest
}
