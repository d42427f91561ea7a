/** Multiplication in the dihedral group D5, and the permutation that each further place applies once more. */
const product = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
]
const permuted = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
]

/** Verhoeff's check digit: it catches every wrong digit and every swap of neighbours. */
export function verhoeff(digits: string): boolean {
  let check = 0
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48
    check = Number(product[check]?.[Number(permuted[place % 8]?.[digit])])
  }
  return check === 0
}
