import { Recent } from '#core/recent.ts'

/** Headers that end at this hop: the connection's own (RFC 9110 §7.6.1), and those that the gateway writes. */
const endHere = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
  'content-length',
  'expect',
  // who forwarded what: the app learns it from the gateway or not at all
  'forwarded',
  'x-real-ip',
  'true-client-ip',
  // one method was judged, so no other may take effect
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  // one path was judged: frameworks take another one from these
  'x-original-url',
  'x-rewrite-url',
])

const endHerePrefixes = ['gatehouse-', 'x-forwarded-', 'cf-']

/** What is known of a header's name by its text alone. */
export interface HeaderName {
  /** As an app behind CGI, WSGI or PHP reads it, to whom `_` and `-` are the same. */
  readonly read: string
  /** Whether it may pass the gateway at all, in either direction and spelling. */
  readonly isPassed: boolean
}

/** Names come again with every request, but for those that somebody makes up: of these long ones are not remembered. */
const known = new Recent<HeaderName>(2_000)
const rememberedCharacters = 64

/** What is known of a header's name, in lower case. */
export function headerName(name: string): HeaderName {
  return name.length > rememberedCharacters ? looked(name) : known.get(name, looked)
}

function looked(name: string): HeaderName {
  const read = dashed(name)
  return { read, isPassed: !endHere.has(read) && !endHerePrefixes.some(prefix => read.startsWith(prefix)) }
}

/** A header's name as an app behind CGI, WSGI or PHP reads it, to whom `_` and `-` are the same. */
export function dashed(name: string): string {
  return name.replaceAll('_', '-')
}

/** Whether a header may pass the gateway at all, in either direction and spelling; in lower case. */
export function isPassedHeader(name: string): boolean {
  return headerName(name).isPassed
}
