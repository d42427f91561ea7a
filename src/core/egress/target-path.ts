/** A path in the one spelling that rules are compared in, or why no rule that names a path may match it. */
export type JudgedPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Reads the path of a parsed URL (whose dot segments the parser has collapsed) as a rule sees it: escapes
 * of unreserved characters decoded (RFC 3986 §6.2.2.2), the hex of all others in upper case. A path that
 * servers behind the URL may read as another one is refused: escaped separators and line ends, `..;`, and
 * empty segments other than a final slash.
 */
export function judgePath(pathname: string): JudgedPath {
  const path = pathname.replaceAll(/%[0-9a-f]{2}/gi, decodedIfUnreserved)
  const reason = ambiguity(path)
  return reason ? { kind: 'refused', reason } : { kind: 'path', path }
}

function decodedIfUnreserved(written: string): string {
  const character = String.fromCharCode(Number.parseInt(written.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(character) ? character : written.toUpperCase()
}

function ambiguity(path: string): string | undefined {
  const separator = /%(?:2F|5C|00|0D|0A)/.exec(path)?.[0]
  if (separator) return `holds ${separator}`
  if (/\.\.(?:;|%3B)/.test(path)) return 'holds ..;'
  return path.includes('//') ? 'holds an empty segment' : undefined
}
