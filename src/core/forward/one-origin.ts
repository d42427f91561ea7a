/** What an app may not say for the whole origin, which it shares with all other apps. */
const originWide = ['service-worker-allowed', 'clear-site-data', 'alt-svc', 'strict-transport-security']

/** Documents in which scripts run. A type that is absent is guessed by the browser, so it may be one of them. */
const isDocument = /^(?:text\/html|text\/xml|application\/xml|[^;\s]+\+xml)\s*(?:;|$)/i
const isTyped = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'+.^_`|~0-9A-Za-z-]+/

/** Without `allow-same-origin` a page is of an origin of its own, and reaches neither cookies nor other apps. */
const sandbox = 'sandbox allow-scripts allow-forms'

/**
 * Keeps an app's answer from acting on the other apps of the same origin: nothing in it speaks for the
 * origin, its cookies are for its own path, and its pages run in a sandbox.
 */
export function confine(headers: Headers, app: string): void {
  for (const name of originWide) if (headers.has(name)) headers.delete(name)
  if (headers.has('set-cookie')) {
    const cookies = headers.getSetCookie()
    headers.delete('set-cookie')
    for (const cookie of cookies) headers.append('set-cookie', confinedCookie(cookie, `/apps/${app}/`))
  }
  const type = headers.get('content-type')?.trim() ?? ''
  if (isDocument.test(type) || !isTyped.test(type)) headers.append('content-security-policy', sandbox)
}

/** Whether a browser asks for a script that would answer for other requests of the origin (Service Workers §4). */
export function asksForServiceWorker(headers: Headers): boolean {
  return headers.get('service-worker') === 'script' || headers.get('sec-fetch-dest') === 'serviceworker'
}

/** A cookie (RFC 6265 §5.2) without its domain, and with its path under the app's. */
function confinedCookie(cookie: string, base: string): string {
  const [pair = '', ...attributes] = cookie.split(';').map(part => part.trim())
  const nameOf = (attribute: string) => attribute.split('=')[0]?.trim().toLowerCase()
  const path = attributes.findLast(attribute => nameOf(attribute) === 'path')?.replace(/^[^=]*=?\s*/, '') ?? ''
  const kept = attributes.filter(attribute => !['domain', 'path', ''].includes(nameOf(attribute) ?? ''))
  const confined = path.startsWith(base) ? path : base + (path.startsWith('/') ? path.slice(1) : '')
  return [pair, ...kept, `Path=${confined}`].join('; ')
}
