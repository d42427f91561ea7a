import { utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import { binaryOf, bytesOf } from './binary.ts'
import { spliced } from './edit.ts'
import { atRoot } from './field-rules.ts'
import { formEdits } from './form-mask.ts'
import type { FoundEdits, Unread } from './found-edits.ts'
import { jsonEdits, stringEdits } from './json-mask.ts'
import { lineEdits } from './line-mask.ts'
import { type Media, mediaOf } from './media.ts'
import { partEdits } from './part-mask.ts'
import type { Judge, MaskingPass } from './pass.ts'
import { Residue } from './residue.ts'
import { CutShort } from './streams/cut-short.ts'
import { maskingFlow } from './streams/masking-flow.ts'

/** What a body is, by its headers. */
export interface BodyKind {
  readonly contentType: string | null
  readonly contentEncoding?: string | null
  /** Longer bodies are not read; by default 25 MiB, the most that any app takes. */
  readonly maxBytes?: number
}

/**
 * What became of a body. `clean`: nothing was found and the bytes are the ones that came. `unread`: it cannot be read,
 * and the rule lets such bodies pass. `refused`: it must not leave; `detail` is for the log and holds no value.
 */
export type MaskedBody =
  | { readonly kind: 'clean' | 'masked'; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'unread'; readonly body: Uint8Array<ArrayBuffer>; readonly why: Unread }
  | RefusedBody

export interface RefusedBody {
  readonly kind: 'refused'
  readonly code: 'content-type-denied' | 'masking-failed'
  readonly detail: string
}

const defaultMaxBytes = 26_214_400
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Masks a whole body, and looks through what comes out again before it may leave. Bytes in which nothing was found
 * stay as they are; JSON stays JSON.
 */
export function maskBody(
  body: Uint8Array<ArrayBuffer>,
  { contentType, contentEncoding, maxBytes = defaultMaxBytes }: BodyKind,
  pass: MaskingPass,
): MaskedBody {
  if (body.length === 0) return { kind: 'clean', body }
  const unread = (why: Unread): MaskedBody => unreadBody(pass, body, why)
  const media = readableAs({ contentType, contentEncoding: contentEncoding ?? null })
  if (typeof media === 'string') return unread(media)
  if (body.length > maxBytes) return unread('too-large')
  const text = media.reading === 'parts' ? binaryOf(body) : decodedText(body)
  if (text === undefined) return unread('not-utf-8')

  try {
    return maskText(text, media, pass, body)
  } catch (error) {
    const fault = error instanceof CutShort ? error.fault : error
    if (!(fault instanceof Fault)) throw error
    return refused(fault.detail)
  } finally {
    // a pass lives as long as its request, and the body need not
    pass.origins.clear()
  }
}

/** How a body of a kind is read, or why it cannot be. */
export function readableAs({ contentType, contentEncoding }: BodyKind): Media | Unread {
  if (contentEncoding && contentEncoding.trim().toLowerCase() !== 'identity') return 'content-encoding'
  return mediaOf(contentType) ?? 'content-type'
}

function maskText(text: string, media: Media, pass: MaskingPass, body: Uint8Array<ArrayBuffer>): MaskedBody {
  if (media.reading === 'events' || media.reading === 'lines') return maskMessages(text, media.reading, pass, body)
  const found = editsOf(text, media, pass)
  if (found.failure) return unreadBody(pass, body, found.failure)
  if (pass.blockedBy) return refused(`a value of type ${pass.blockedBy} blocks the body`)
  if (found.edits.length === 0) return { kind: 'clean', body }

  const masked = spliced(text, found.edits)
  const residue = new Residue(pass)
  const again = editsOf(masked, media, residue)
  if (again.failure) return refused(`what came out cannot be read: ${again.failure}`)
  if (residue.types.size > 0) return refused(`${[...residue.types].join(', ')} stood in what came out`)
  return { kind: 'masked', body: media.reading === 'parts' ? bytesOf(masked) : utf8Bytes(masked) }
}

/** A stream that has come whole is masked as it would be while it comes. */
function maskMessages(
  text: string,
  reading: 'events' | 'lines',
  pass: MaskingPass,
  body: Uint8Array<ArrayBuffer>,
): MaskedBody {
  const flow = maskingFlow(reading, pass)
  const masked = flow.push(text) + flow.end()
  return masked === text ? { kind: 'clean', body } : { kind: 'masked', body: utf8Bytes(masked) }
}

/** What becomes of the values in the text of a body. */
export function editsOf(text: string, { reading, boundary = '' }: Media, judge: Judge): FoundEdits {
  const root = atRoot(judge.plan.fields)
  switch (reading) {
    case 'json':
      return jsonEdits(text, judge, root)
    case 'form':
      return formEdits(text, judge)
    case 'lines':
    case 'events':
      return lineEdits(text, judge)
    case 'parts':
      return partEdits(text, boundary, judge)
    case 'text':
      return stringEdits(text, judge, root)
  }
}

function unreadBody(pass: MaskingPass, body: Uint8Array<ArrayBuffer>, why: Unread): MaskedBody {
  return pass.plan.unknown === 'pass' ? { kind: 'unread', body, why } : refusedUnread(why)
}

/** What a rule does with a body that cannot be read, unless it lets it pass. */
export function refusedUnread(why: Unread): RefusedBody {
  if (why === 'content-type')
    return { kind: 'refused', code: 'content-type-denied', detail: 'no type that can be read' }
  return refused(`the body cannot be read: ${why}`)
}

function refused(detail: string): RefusedBody {
  return { kind: 'refused', code: 'masking-failed', detail }
}

function decodedText(body: Uint8Array): string | undefined {
  try {
    return utf8.decode(body)
  } catch {
    return undefined
  }
}
