import { utf8Bytes } from '#core/encoding.ts'
import { binaryOf, bytesOf } from './binary.ts'
import { type Edit, spliced } from './edit.ts'
import { atName } from './field-rules.ts'
import type { FoundEdits, Unread } from './found-edits.ts'
import { jsonEdits, stringEdits } from './json-mask.ts'
import { lineEdits } from './line-mask.ts'
import { mediaOf } from './media.ts'
import type { Judge } from './pass.ts'

/** More parts than any form has. */
const maxParts = 1_000

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * What becomes of the values in a multipart body (RFC 2046 §5.1, RFC 7578), given and edited as one character per
 * byte. Parts of text and of JSON are read. For any other, a file among them, the rule's `unknown` decides.
 */
export function partEdits(binary: string, boundary: string, judge: Judge): FoundEdits {
  const edits: Edit[] = []
  const delimiter = `\r\n--${boundary}`
  const body = `\r\n${binary}`
  let at = body.indexOf(delimiter)
  if (at < 0) return { edits, failure: 'malformed' }

  for (let parts = 0; parts < maxParts; parts++) {
    const start = at + delimiter.length
    if (body.startsWith('--', start)) return { edits }
    const headEnd = body.indexOf('\r\n\r\n', start)
    const end = body.indexOf(delimiter, start)
    if (end < 0 || headEnd < 0 || headEnd > end) return { edits, failure: 'malformed' }
    const from = Math.min(headEnd + 4, end)
    const masked = maskedPart(body.slice(start, headEnd), body.slice(from, end), judge)
    if ('failure' in masked) {
      if (judge.plan.unknown === 'deny' || masked.failure === 'too-deep') return { edits, failure: masked.failure }
    } else if (masked.text !== undefined) edits.push({ start: from - 2, end: end - 2, text: masked.text })
    at = end
  }
  return { edits, failure: 'malformed' }
}

type MaskedPart = { readonly text: string | undefined } | { readonly failure: Unread }

function maskedPart(head: string, content: string, judge: Judge): MaskedPart {
  const headers = headersOf(head)
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? '8bit'
  if (!['7bit', '8bit', 'binary'].includes(encoding)) return { failure: 'content-encoding' }
  const media = mediaOf(headers.get('content-type') ?? 'text/plain')
  const text = decoded(content)
  if (!media || media.reading === 'parts' || media.reading === 'events') return { failure: 'content-type' }
  if (text === undefined) return { failure: 'not-utf-8' }

  const name = /(?:^|[;\s])name="((?:[^"\\]|\\.)*)"/i.exec(headers.get('content-disposition') ?? '')?.[1] ?? ''
  const where = atName(judge.plan.fields, name)
  const found =
    media.reading === 'json'
      ? jsonEdits(text, judge, where)
      : media.reading === 'lines'
        ? lineEdits(text, judge)
        : stringEdits(text, judge, where)
  if (found.failure) return { failure: found.failure }
  return { text: found.edits.length > 0 ? binaryOf(utf8Bytes(spliced(text, found.edits))) : undefined }
}

function headersOf(head: string): Map<string, string> {
  const lines = head.split('\r\n').slice(1)
  return new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
}

function decoded(content: string): string | undefined {
  try {
    return utf8.decode(bytesOf(content))
  } catch {
    return undefined
  }
}
