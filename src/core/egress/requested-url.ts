const door = '/egress'

/**
 * The text of the URL that a request to `/egress` asks for: what follows the door in the path, taken as
 * https (`localhost:<port>` as http where the environment is `local`), or the header `gatehouse-target`.
 * The text is cut out of the URL as it was sent: a parser in between could change what is judged.
 *
 * @returns `undefined` when the request names no target, or two
 */
export function requestedUrl(url: string, headers: Headers, isLocal: boolean): string | undefined {
  const [, afterOrigin = ''] = /^[a-z]+:\/\/[^/?#]*(.*)$/is.exec(url) ?? []
  if (!afterOrigin.startsWith(door)) return undefined
  const rest = afterOrigin.slice(door.length)
  const named = headers.get('gatehouse-target')
  if (!rest.startsWith('/') || rest === '/') return rest === '' || rest === '/' ? (named ?? undefined) : undefined
  if (named !== null) return undefined
  const isLocalhost = isLocal && /^\/localhost:\d+(?:[/?]|$)/i.test(rest)
  return `${isLocalhost ? 'http' : 'https'}:/${rest}`
}
