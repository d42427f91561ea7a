/** What an app may not say for the whole origin, which it shares with all other apps. */
const originWide: ReadonlySet<string> = new Set([
  'service-worker-allowed',
  'clear-site-data',
  'alt-svc',
  'strict-transport-security',
  // by these a browser would report every request to the origin to the app
  'nel',
  'report-to',
])

/**
 * What an app may not say on a host of its own either: it would act on other hosts of the same domain, or lead
 * callers past the gateway.
 */
const hostWide: ReadonlySet<string> = new Set([...originWide].filter(name => name !== 'service-worker-allowed'))

/**
 * What no browser shows as a page with scripts. All else may be one: HTML, XML of any name, several parts, a type that
 * is absent, unknown, or none by its form, which browsers guess, and of several types the last.
 */
const inert =
  /^(?:(?:image|audio|video|font)\/[\w.-]+|text\/(?:plain|css|event-stream|javascript)|application\/(?:(?:[\w.-]+\+)?json|javascript|pdf|octet-stream))\s*(?:;[^,]*)?$/i

/** Without `allow-same-origin` a page is of an origin of its own, and reaches neither cookies nor other apps. */
const sandbox = 'sandbox allow-scripts allow-forms'

/**
 * Keeps an app's answer from acting on the other apps of the same origin: nothing in it speaks for the
 * origin, its cookies are for its own path, and its pages run in a sandbox.
 *
 * @param names of all that may be in the headers, in lower case
 */
export function confine(headers: Headers, app: string, names: readonly string[]): void {
  for (const name of names) if (originWide.has(name)) headers.delete(name)
  if (names.includes('set-cookie')) changeCookies(headers, cookie => confinedCookie(cookie, `/apps/${app}/`))
  if (!inert.test(headers.get('content-type') ?? '')) headers.append('content-security-policy', sandbox)
}

/**
 * Keeps the answer of an app on a host of its own from acting on other hosts: there the origin is the app's, so its
 * pages run as they are, service workers too, and its cookies keep their path.
 */
export function confineToHost(headers: Headers, names: readonly string[]): void {
  for (const name of names) if (hostWide.has(name)) headers.delete(name)
  if (names.includes('set-cookie')) changeCookies(headers, cookie => partsOf(cookie).join('; '))
}

/** Whether a browser asks for a script that would answer for other requests of the origin (Service Workers §4). */
export function asksForServiceWorker(headers: Pick<Headers, 'get'>): boolean {
  return headers.get('service-worker') === 'script' || headers.get('sec-fetch-dest') === 'serviceworker'
}

function changeCookies(headers: Headers, change: (cookie: string) => string): void {
  const cookies = headers.getSetCookie()
  headers.delete('set-cookie')
  for (const cookie of cookies) headers.append('set-cookie', change(cookie))
}

/** A cookie (RFC 6265 §5.2) with its path under the app's. */
function confinedCookie(cookie: string, base: string): string {
  const [pair = '', ...attributes] = partsOf(cookie)
  const path = attributes.findLast(isPath)?.replace(/^[^=]*=?\s*/, '') ?? ''
  const confined = path.startsWith(base) ? path : base + (path.startsWith('/') ? path.slice(1) : '')
  return [pair, ...attributes.filter(attribute => !isPath(attribute)), `Path=${confined}`].join('; ')
}

/** The pair of a cookie, and its attributes less its domain. */
function partsOf(cookie: string): string[] {
  const [pair = '', ...attributes] = cookie.split(';').map(part => part.trim())
  return [pair, ...attributes.filter(attribute => !['domain', ''].includes(nameOf(attribute)))]
}

function isPath(attribute: string): boolean {
  return nameOf(attribute) === 'path'
}

function nameOf(attribute: string): string {
  return attribute.split('=')[0]?.trim().toLowerCase() ?? ''
}
