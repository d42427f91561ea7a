import ipaddr from 'ipaddr.js'

/**
 * Whether an address that DNS answered is one of the public internet. Everything with a special purpose
 * (the IANA registries of RFC 6890) is not: private, shared and link-local ranges, loopback, multicast,
 * documentation, and the forms of IPv6 that carry an IPv4 address. What is no plain address is not either.
 */
export function isPublicAddress(text: string): boolean {
  if (text.includes(':')) {
    if (!ipaddr.IPv6.isValid(text) || text.includes('%')) return false
    const address = ipaddr.IPv6.parse(text)
    return address.range() === 'unicast' && globalUnicast.some(range => address.match(range))
  }
  return ipaddr.IPv4.isValidFourPartDecimal(text) && ipaddr.IPv4.parse(text).range() === 'unicast' && text !== azureWire
}

/** Azure's wire server: an address of a public range that every machine there reaches as its own host. */
const azureWire = '168.63.129.16'

/** All that IANA has given out to networks lies here (RFC 4291 §2.4). */
const globalUnicast = [ipaddr.IPv6.parseCIDR('2000::/3')]
