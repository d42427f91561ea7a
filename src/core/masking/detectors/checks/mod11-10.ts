/** ISO/IEC 7064, MOD 11,10: Croatian OIB, German tax numbers. */
export function mod11And10(digits: string): boolean {
  let product = 10
  for (let index = 0; index < digits.length - 1; index++) {
    const sum = (product + digits.charCodeAt(index) - 48) % 10 || 10
    product = (sum * 2) % 11
  }
  return (product + digits.charCodeAt(digits.length - 1) - 48) % 10 === 1
}
