const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const hostName = new RegExp(`^(?:${label}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

/** Whether a text is a name that DNS can hold, in lower case: no IP address, no single label, no port, no final dot. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && hostName.test(text)
}

/** Names that lead to the machine itself (RFC 6761 §6.3). */
export function isLocalName(host: string): boolean {
  return host.endsWith('.localhost')
}

/**
 * The host that a request was sent to, in lower case, without its port and a final dot; cut out of its URL
 * without a parser, since every request pays for it.
 */
export function hostIn(url: string): string {
  const at = url.indexOf('://') + 3
  const slashAt = url.indexOf('/', at)
  const authority = url.slice(at, slashAt === -1 ? undefined : slashAt)
  const colonAt = authority.lastIndexOf(':')
  const host = colonAt === -1 ? authority : authority.slice(0, colonAt)
  return (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase()
}
