import * as z from 'zod'

/** The name of an HTTP header (RFC 9110 §5.1). */
export const HeaderName = z
  .string()
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'must be the name of an HTTP header' })

/** A JSON pointer (RFC 6901) to a part of a document, never to the whole. */
export const JsonPointer = z
  .string()
  .max(256)
  .regex(/^(?:\/(?:[^/~]|~[01])*)+$/, { error: 'must be a JSON pointer, such as /data/id' })
