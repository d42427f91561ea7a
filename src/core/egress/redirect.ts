import type { FetchSetting } from './fetchable.ts'
import { readTarget, type Target } from './target.ts'

/** Redirects followed at most for one request; the next one is refused. */
export const maxRedirects = 5

const redirects = new Set([301, 302, 303, 307, 308])

export function isRedirect(status: number): boolean {
  return redirects.has(status)
}

/**
 * Reads where an answer redirects to, as strictly as an app's own request: an absolute `Location` is read
 * as it stands; a relative one is joined to the URL that answered, and the result is read.
 *
 * @returns the target, or why it is none
 */
export function redirectTarget(from: URL, location: string, setting: FetchSetting): Target | string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return readTarget(location, setting)
  if (location.startsWith('//')) return readTarget(`${from.protocol}${location}`, setting)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(location)) return 'holds a space, a control character or a backslash'
  const url = URL.parse(location, from.href)
  return url ? readTarget(url.href, setting) : 'is not a URL'
}

/** What of a request goes on to the next hop. */
export interface Onward {
  readonly method: string
  readonly carriesBody: boolean
}

/** Method and body after a redirect, by the Fetch standard §4.4: a 303, and a POST that is moved, go on as GET. */
export function onward(status: number, method: string): Onward {
  const becomesGet =
    (status === 303 && method !== 'GET' && method !== 'HEAD') ||
    ((status === 301 || status === 302) && method === 'POST')
  return becomesGet ? { method: 'GET', carriesBody: false } : { method, carriesBody: true }
}
