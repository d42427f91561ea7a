import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Version bytes of addresses: Bitcoin and its test network, Litecoin, Dogecoin, Dash. */
const versions = new Set([0x00, 0x05, 0x6f, 0xc4, 0x30, 0x32, 0x1e, 0x16, 0x4c, 0x10])

/** Base58Check: a version byte, 20 bytes, and the first four of the hash's hash. */
export function base58Address(text: string): boolean {
  const bytes = new Uint8Array(25)
  for (const letter of text) {
    let carry = base58.indexOf(letter)
    if (carry < 0) return false
    for (let index = 24; index >= 0; index--) {
      carry += (bytes[index] ?? 0) * 58
      bytes[index] = carry & 255
      carry >>= 8
    }
    if (carry > 0) return false
  }
  if (!versions.has(bytes[0] ?? 255)) return false
  const sum = sha256(sha256(bytes.subarray(0, 21)))
  return [0, 1, 2, 3].every(index => sum[index] === bytes[21 + index])
}

const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

/** Bech32 and Bech32m (BIP 173, BIP 350): one letter case, and a checksum over the network's name and the data. */
export function bech32Address(text: string): boolean {
  const lower = text.toLowerCase()
  if (text !== lower && text !== text.toUpperCase()) return false
  const split = lower.lastIndexOf('1')
  const name = lower.slice(0, split)
  const data = [...lower.slice(split + 1)].map(letter => bech32.indexOf(letter))
  if (data.includes(-1)) return false
  const codes = [...name].map(letter => letter.charCodeAt(0))
  let check = 1
  for (const value of [...codes.map(code => code >> 5), 0, ...codes.map(code => code & 31), ...data]) {
    const top = check >>> 25
    check = ((check & 0x1ffffff) << 5) ^ value
    for (const [bit, generator] of generators.entries()) if ((top >> bit) & 1) check ^= generator
  }
  return check >>> 0 === (data[0] === 0 ? 1 : 0x2bc830a3)
}

/** An Ethereum address: its letters' case is the checksum (ERC-55); without any case there is none. */
export function ethereumAddress(text: string): boolean {
  const hex = text.slice(2)
  const lower = hex.toLowerCase()
  if (hex === lower || hex === hex.toUpperCase()) return /[a-f]/.test(lower) && /\d/.test(lower)
  const hash = keccak_256(new TextEncoder().encode(lower))
  return [...hex].every((letter, index) => {
    const isCapital = (((hash[index >> 1] ?? 0) >> (index % 2 ? 0 : 4)) & 15) > 7
    return letter <= '9' || isCapital === letter <= 'F'
  })
}
