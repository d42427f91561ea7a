import { hasNameTwice } from '#core/json-names.ts'
import { maxBodyBytes, validatorOf } from '#core/json-schema/validator.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import { type Contents, type Field, isJson, type Operation } from './contract.ts'

/** A request as a contract looks at it. */
export interface Judged {
  readonly headers: Headers
  /** With its question mark, as it was sent. */
  readonly query: string
  /** The values of the path's parameters, as they were sent. */
  readonly params: Readonly<Record<string, string>>
}

/** Where a request's parameters do not fit: `query limit (maximum)`; never a value. */
export function fieldFailures({ fields }: Operation, request: Judged): string[] {
  const query = new URLSearchParams(request.query)
  const cookies = cookiesOf(request.headers.get('cookie') ?? '')
  const sources: Readonly<Record<Field['in'], (name: string) => readonly string[]>> = {
    path: name => present(decoded(request.params[name])),
    query: name => query.getAll(name),
    header: name => present(request.headers.get(name)),
    cookie: name => present(cookies.get(name)),
  }
  return fields.flatMap(field => {
    const where = `${field.in} ${field.name}`
    const texts = sources[field.in](field.name)
    if (texts.length === 0) return field.isRequired ? [`${where} (required)`] : []
    if (!field.schema) return []
    if (!field.isList && texts.length > 1) return [`${where} (more than once)`]
    const items = field.in === 'query' ? texts : texts.flatMap(text => text.split(','))
    const value = field.isList ? items.map(text => scalar(text, field.types)) : scalar(texts[0] ?? '', field.types)
    return validatorOf(field.schema)
      .failures(value)
      .map(failure => `${where} ${failure}`)
  })
}

/** How a body of some media type stands to the contents that a contract lists. */
export type Listed =
  | { readonly kind: 'judged'; readonly schema: object }
  /** The type is listed, and nothing more is asked of it. */
  | { readonly kind: 'listed' }
  | { readonly kind: 'unlisted'; readonly type: string }

/** The most specific entry wins: the type itself, then `text/*`, then all (OpenAPI 3.1 §4.8.14.1). */
export function listed(contents: Contents, contentType: string | null): Listed {
  const type = contentType?.toLowerCase().split(';')[0]?.trim() ?? ''
  const entry = [type, `${type.split('/')[0]}/*`, '*/*'].find(one => contents.has(one))
  if (entry === undefined) return { kind: 'unlisted', type: type || 'no content type' }
  const schema = isJson(type) ? contents.get(entry) : undefined
  return schema ? { kind: 'judged', schema } : { kind: 'listed' }
}

/** Where a body does not fit its schema, as JSON pointers with the keyword that failed; never a value. */
export function bodyFailures(schema: object, bytes: Uint8Array): readonly string[] {
  if (bytes.length > maxBodyBytes) return [`body (larger than ${maxBodyBytes} bytes)`]
  const document = parsedOnce(bytes)()
  if (document === undefined) return ['body (not JSON)']
  if (hasNameTwice(new TextDecoder().decode(bytes), document)) return ['body (a name twice)']
  return validatorOf(schema).failures(document)
}

/** What a contract says of an answer with this status; `undefined` where it says nothing. */
export function contentsFor({ answers }: Operation, status: number): Contents | undefined {
  return answers.get(String(status)) ?? answers.get(`${Math.floor(status / 100)}XX`) ?? answers.get('default')
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** A text as the JSON value that its schema means; it stays a text where it spells no such value. */
function scalar(text: string, types: readonly string[]): unknown {
  if (types.some(type => type === 'number' || type === 'integer') && number.test(text)) return Number(text)
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function present(value: string | null | undefined): readonly string[] {
  return value === null || value === undefined ? [] : [value]
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `cookie` as pairs (RFC 6265 §4.2.1); of two with one name the first counts. */
function cookiesOf(header: string): ReadonlyMap<string, string> {
  const pairs = header.split(';').flatMap((part): [string, string][] => {
    const at = part.indexOf('=')
    return at < 1 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()]]
  })
  return new Map(pairs.reverse())
}
