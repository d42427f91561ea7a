/** What stands behind a door's prefix in a URL, byte for byte as it was sent. */
export interface Target {
  /** The first segment: the app, not yet known to exist. */
  readonly app: string
  /** What is the app's own, from its first slash on; `/` where the URL ends with the app. */
  readonly path: string
  /** From the `?` on, empty where there is none. */
  readonly query: string
}

/**
 * Cuts a request's URL into app, path and query without parsing it: a parser would repair what must be
 * judged as it was sent.
 *
 * @returns `undefined` where the URL, as it was sent, does not begin with the prefix
 */
export function targetOf(url: string, prefix: string): Target | undefined {
  const pathAt = url.indexOf('/', url.indexOf('://') + 3)
  if (pathAt === -1 || !url.startsWith(prefix, pathAt)) return undefined
  const queryAt = url.indexOf('?', pathAt)
  const path = url.slice(pathAt + prefix.length, queryAt === -1 ? undefined : queryAt)
  const slashAt = path.indexOf('/')
  return {
    app: slashAt === -1 ? path : path.slice(0, slashAt),
    path: slashAt === -1 ? '/' : path.slice(slashAt),
    query: queryAt === -1 ? '' : url.slice(queryAt),
  }
}

/** Of a URL at a host of an app's own: there all of it is the app's, byte for byte as it was sent. */
export function targetAt(url: string, app: string): Target {
  const pathAt = url.indexOf('/', url.indexOf('://') + 3)
  if (pathAt === -1) return { app, path: '/', query: '' }
  const queryAt = url.indexOf('?', pathAt)
  const path = url.slice(pathAt, queryAt === -1 ? undefined : queryAt)
  return { app, path, query: queryAt === -1 ? '' : url.slice(queryAt) }
}

/**
 * What another parser might read as another path: dot segments, encoded separators, path parameters, empty
 * segments, control characters, escapes that are none, and overlong UTF-8, which hides any of these.
 */
const ambiguous =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\.\.|\/\.(?:\/|$)|%2e|%2f|%5c|%3b|%[01][0-9a-f]|%7f|%c[01]|%e0%[89]|%f0%8|%(?![0-9a-f]{2})|\\|\/\/|;|#|[\u0000-\u0020\u007f]/i

/**
 * Whether a raw path can be read in one way only. workerd hands on the path as it was sent, and apps parse
 * it in their own ways; one that collapses `/public/..%2fadmin` must not open what the gateway judged as
 * something else. So such a path is no route of any app.
 */
export function isUnambiguous(path: string): boolean {
  return !ambiguous.test(path)
}
