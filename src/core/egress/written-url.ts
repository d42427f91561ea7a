/**
 * Reads a URL that somebody else wrote, with the WHATWG parser, and refuses whatever that parser would
 * quietly change (other than letter case) up to and including the host. So no two readers of the text can
 * mean different hosts, and what is judged is what is fetched.
 *
 * @returns the URL, or why it is refused
 */
export function readUrl(text: string): URL | string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return 'holds a space, a control character or a backslash'
  const [, authority] = /^https?:\/\/([^/?#]+)(?:[/?#]|$)/i.exec(text) ?? []
  if (!authority) return 'is not an absolute http or https URL with a host'
  if (authority.includes('@')) return 'holds user-info'
  if (/:(0\d*)?$/.test(authority)) return 'has an empty port, or one with leading zeros'

  const url = URL.parse(text)
  if (!url) return 'is not a URL'
  if (url.hostname !== authority.replace(/:\d+$/, '').toLowerCase()) return 'has a host that parsing changes'
  return url
}

/** Ends of names that only a private network knows. */
const privateEnds = new Set(['localhost', 'local', 'internal'])

/** Why a host, as `readUrl` gave it, is no name of the public DNS; `undefined` when it can be one. */
export function notPublic(host: string): string | undefined {
  if (host.startsWith('[') || /^[0-9.]+$/.test(host)) return 'has an IP address for a host'
  if (host.endsWith('.')) return 'has a host that ends in a dot'
  const labels = host.split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2) return 'has a host of a single label'
  if (labels.some(label => label === '' || label.includes('*'))) return 'has an empty or wildcard label in its host'
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(last)) return 'has an IP address for a host'
  return privateEnds.has(last) ? 'has a host that only a private network knows' : undefined
}
