import type { Claim } from '../finding.ts'

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`(?<![\\d.])(?:${octet}\\.){3}${octet}(?![\\d]|\\.\\d)`, 'g')
/** `v1.2.3.4` and `version 1.2.3.4` number a release. */
const version = /(?:\bv|versions?:? ?|release |build )$/i
const ipv6 = /(?<![\w:.])[\da-f]{0,4}(?::[\da-f]{0,4}){2,8}(?:(?:\.\d{1,3}){3})?(?:%[\da-z]{1,15})?(?![\w:]|\.\d)/gi
const byte = '[\\da-fA-F]{2}'
const macs = {
  ':': new RegExp(`(?<![\\w:])${byte}(?::${byte}){5}(?:(?::${byte}){2})?(?![\\w:])`, 'g'),
  '-': new RegExp(`(?<![\\w-])${byte}(?:-${byte}){5}(?:(?:-${byte}){2})?(?![\\w-])`, 'g'),
  '.': /(?<![\w.])[\da-fA-F]{4}\.[\da-fA-F]{4}\.[\da-fA-F]{4}(?![\w]|\.\w)/g,
}

/** Finds IPv4 addresses in four decimal parts, without leading zeros. */
export function ipv4Addresses(text: string, claims: Claim[]): void {
  for (const { index, 0: address } of text.matchAll(ipv4)) {
    if (version.test(text.slice(Math.max(0, index - 10), index))) continue
    claims.push({ type: 'IP_ADDRESS', start: index, end: index + address.length, priority: 5 })
  }
}

/** Finds IPv6 addresses (RFC 4291), with zone and with an IPv4 address at their end. */
export function ipv6Addresses(text: string, claims: Claim[]): void {
  for (const { index, 0: address } of text.matchAll(ipv6)) {
    if (!isIpv6(address.replace(/%.*$/, ''))) continue
    claims.push({ type: 'IP_ADDRESS', start: index, end: index + address.length, priority: 5 })
  }
}

function isIpv6(address: string): boolean {
  const halves = address.split('::')
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  const isFourIncluded = groups.at(-1)?.includes('.') ?? false
  if (
    isFourIncluded &&
    !groups
      .at(-1)
      ?.split('.')
      .every(part => part !== '' && Number(part) < 256)
  )
    return false
  const count = groups.length + (isFourIncluded ? 1 : 0)
  if (groups.includes('') || halves.length > 2 || !/\d/.test(address)) return false
  return halves.length === 2 ? count < 8 : count === 8
}

/** Finds hardware addresses: EUI-48 and EUI-64 with colons or hyphens, and in three parts with dots. */
export function macAddresses(text: string, between: ':' | '-' | '.', claims: Claim[]): void {
  const pattern = macs[between]
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const { index, 0: address } = match
    // without a letter, `1234.5678.9012` is rather a number
    if (between === '.' && !/[a-f]/i.test(address)) continue
    claims.push({ type: 'MAC_ADDRESS', start: index, end: index + address.length, priority: 5 })
  }
}
