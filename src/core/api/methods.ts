/** Methods that ask for nothing to be done (RFC 9110 §9.2.1), so that asking twice is the same as once. */
const safe: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

export function isSafe(method: string): boolean {
  return safe.includes(method)
}
