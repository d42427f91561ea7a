import type { HmacOptions } from '#core/manifest/webhook-schema.ts'
import type { Scheme } from './scheme.ts'
import { schemes } from './schemes.ts'

/** How the senders of one source sign: a vendor's row, or a row made from the source's own `hmac` options. */
export function schemeOf(source: { scheme: string; hmac?: HmacOptions | undefined }): Scheme | undefined {
  if (source.scheme === 'hmac') return source.hmac && schemeFromOptions(source.hmac)
  return Object.hasOwn(schemes, source.scheme) ? schemes[source.scheme as keyof typeof schemes] : undefined
}

function schemeFromOptions(options: HmacOptions): Scheme {
  return {
    algorithm: options.algorithm,
    secret: 'utf8',
    signature: { header: options.header.toLowerCase(), prefix: options.prefix, encoding: options.encoding },
    signed: options.signed,
    ...(options.timestamp && { timestamp: { header: options.timestamp.toLowerCase() } }),
    ids: options.id ? [{ header: options.id.toLowerCase(), signed: options.signed.includes('{id}') }] : [],
    dedupeHours: 24,
  }
}
