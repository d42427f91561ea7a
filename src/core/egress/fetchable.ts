/** Where a URL would be fetched from, as far as its safety depends on it. */
export interface FetchSetting {
  /** Only on one machine may an upstream be `http://` on loopback. */
  readonly isLocal: boolean
  /** The gateway's own hosts, with port where one is written: never fetched. */
  readonly ownHosts: readonly string[]
}

/**
 * Why the gateway must not fetch a URL, or `undefined` when it may. A URL is refused, not repaired: what
 * is checked here is exactly what is fetched later. Parsing is the WHATWG parser's; everything it would
 * quietly change (other than letter case) is a refusal.
 */
export function unfetchable(text: string, { isLocal, ownHosts }: FetchSetting): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return 'holds a space, a control character or a backslash'
  const written = /^(https?):\/\/([^/?#]+)(?:[/?#]|$)/i.exec(text)
  if (!written?.[1] || !written[2]) return 'is not an absolute http or https URL with a host'
  const [, scheme, authority] = written
  if (authority.includes('@')) return 'holds user-info'
  if (/:(0\d*)?$/.test(authority)) return 'has an empty port, or one with leading zeros'

  const url = URL.parse(text)
  if (!url) return 'is not a URL'
  const host = authority.replace(/:\d+$/, '').toLowerCase()
  if (url.hostname !== host) return 'has a host that parsing changes'
  if (ownHosts.includes(url.host)) return "is the gateway's own address"
  if (isLocal && isLoopback(url)) return undefined

  if (scheme.toLowerCase() !== 'https') return 'must be https'
  if (host.startsWith('[') || /^[0-9.]+$/.test(host)) return 'has an IP address for a host'
  if (host.endsWith('.')) return 'has a host that ends in a dot'
  const labels = host.split('.')
  if (labels.length < 2) return 'has a host of a single label'
  if (labels.some(label => label === '' || label.includes('*'))) return 'has an empty or wildcard label in its host'
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return 'has an IP address for a host'
  if (['localhost', 'local', 'internal'].includes(labels.at(-1) ?? ''))
    return 'has a host that only a private network knows'
  return undefined
}

function isLoopback(url: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
}
