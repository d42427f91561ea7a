/** As Cloudflare writes it: sixteen hex digits and, mostly, where it came in. */
const ray = /^[0-9a-f]{16}(?:-[A-Z]{3})?$/

/** The id of a request: Cloudflare's, where it is one, else a new one. What a client writes there is not taken into the log. */
export function requestIdOf(headers: Pick<Headers, 'get'>): string {
  const given = headers.get('cf-ray')
  return given !== null && ray.test(given) ? given : crypto.randomUUID()
}
