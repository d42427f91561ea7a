import { utf8Bytes } from '#core/encoding.ts'
import { joined } from '#core/joined.ts'

/** The values of the placeholders that a template may name besides `{body}`. */
export interface SignedFields {
  readonly id?: string | undefined
  readonly timestamp?: string | undefined
}

/** The placeholders that a `signed` template may hold. */
export const placeholders = ['{body}', '{timestamp}', '{id}'] as const

/**
 * The exact bytes a vendor signs: the template with its placeholders replaced. The body goes in as it
 * came, byte for byte; a field that is absent counts as empty.
 */
export function signedMessage(
  template: string,
  fields: SignedFields,
  body: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const parts = template.split(/(\{body\}|\{timestamp\}|\{id\})/).map(part => {
    if (part === '{body}') return body
    if (part === '{timestamp}') return utf8Bytes(fields.timestamp ?? '')
    if (part === '{id}') return utf8Bytes(fields.id ?? '')
    return utf8Bytes(part)
  })
  return concatenated(parts)
}

function concatenated(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  if (parts.filter(part => part.length > 0).length === 1) return parts.find(part => part.length > 0) ?? new Uint8Array()
  return joined(parts)
}
