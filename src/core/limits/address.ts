import ipaddr from 'ipaddr.js'
import { Recent } from '#core/recent.ts'

/** What the address of a request is decided from. */
export interface AddressSetting {
  /** One machine: the gateway listens on loopback only, so whoever connects is on it. */
  readonly isLocal: boolean
  /** Ranges of the proxies whose `x-forwarded-for` counts, on one machine. */
  readonly trustedProxies?: readonly Range[]
}

/** A range of addresses: the first of them, and how many of its bits are fixed. */
export type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Stands for a request whose address cannot be told. */
const unknown = 'unknown'

const loopback = '127.0.0.1'

/** A proxy that sends a longer list than this is passing on what somebody made up. */
const maxHops = 64

/**
 * The address of a client, as limits count it: IPv4 whole, IPv6 by its /64, which is what one subscriber
 * gets. On Cloudflare it is what Cloudflare says (a client cannot set `cf-connecting-ip`). On one machine it
 * is the peer's, or, behind proxies that the operator trusts, the last hop in `x-forwarded-for` that is none
 * of them; `cf-connecting-ip` means nothing there.
 */
export function addressOf(headers: Pick<Headers, 'get'>, { isLocal, trustedProxies = [] }: AddressSetting): string {
  if (!isLocal) return counted(headers.get('cf-connecting-ip') ?? '')
  const hops = (headers.get('x-forwarded-for') ?? '').split(',', maxHops + 1)
  if (hops.length > maxHops) return loopback
  let address = loopback
  while (trustedProxies.length > 0 && hops.length > 0 && isIn(address, trustedProxies)) {
    const hop = hops.pop()?.trim() ?? ''
    if (!ipaddr.isValid(hop)) break
    address = hop
  }
  return counted(address)
}

/** Reads a comma-separated list of addresses and ranges in CIDR notation; `undefined` when one is neither. */
export function rangesIn(text: string): readonly Range[] | undefined {
  const parts = text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
  if (!parts.every(part => ipaddr.isValidCIDR(part) || isWhole(part))) return undefined
  return parts.map(part => {
    if (ipaddr.isValidCIDR(part)) return ipaddr.parseCIDR(part)
    const address = ipaddr.process(part)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  })
}

function isIn(address: string, ranges: readonly Range[]): boolean {
  const parsed = ipaddr.process(address)
  return ranges.some(([first, bits]) => first.kind() === parsed.kind() && parsed.match(first, bits))
}

/** Addresses as they are counted, as far as they are remembered: most callers call again. */
const known = new Recent<string>(10_000)

function counted(text: string): string {
  return known.get(text, countedAnew)
}

function countedAnew(text: string): string {
  if (!isWhole(text)) return unknown
  const address = ipaddr.process(text)
  if (address.kind() === 'ipv4') return address.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`
}

/** Old spellings of IPv4, such as `127.1`, are addresses to the library but to nobody who writes a list. */
function isWhole(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}
