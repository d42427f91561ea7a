/** How a body is read. */
export type Reading = 'json' | 'lines' | 'events' | 'form' | 'parts' | 'text'

export interface Media {
  readonly reading: Reading
  /** Of a multipart body. */
  readonly boundary?: string
}

/** Media types that are read, in the order in which they are tried. What fits no row is not read. */
const rows: readonly (readonly [RegExp, Reading])[] = [
  [/^application\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)$|^application\/stream\+json$/, 'lines'],
  [/^(?:application|text)\/json$|\+json$/, 'json'],
  [/^text\/event-stream$/, 'events'],
  [/^application\/x-www-form-urlencoded$/, 'form'],
  [/^multipart\/[a-z-]+$/, 'parts'],
  [/^text\/[\w.+-]+$|^application\/(?:xml|(?:x-)?yaml|toml|graphql|javascript)$|\+(?:xml|yaml)$/, 'text'],
]

/**
 * How a body of a media type (RFC 9110 §8.3) is read; `undefined` for a type or a charset that cannot be. Only UTF-8
 * is read, which is what a type without a charset means.
 */
export function mediaOf(contentType: string | null): Media | undefined {
  const [essence = '', ...parameters] = (contentType ?? '').split(';')
  const type = essence.trim().toLowerCase()
  const charset = parameterOf(parameters, 'charset')?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') return undefined
  const reading = rows.find(([pattern]) => pattern.test(type))?.[1]
  if (reading !== 'parts') return reading && { reading }
  const boundary = parameterOf(parameters, 'boundary')
  return boundary && boundary.length <= 70 ? { reading, boundary } : undefined
}

function parameterOf(parameters: readonly string[], name: string): string | undefined {
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=')
    if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== name) continue
    const value = parameter.slice(equals + 1).trim()
    return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
  }
  return undefined
}
