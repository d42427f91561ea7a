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
])

const endHerePrefixes = ['gatehouse-', 'x-forwarded-', 'cf-']

/** Whether a header may pass the gateway at all, in either direction; in lower case. */
export function isPassedHeader(name: string): boolean {
  return !endHere.has(name) && !endHerePrefixes.some(prefix => name.startsWith(prefix))
}
