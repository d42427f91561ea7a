import { encode } from '#core/encoding.ts'

/** Level 1 names version 00 and asks that later versions be read as far as that one goes (§3.2.4). */
const form = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/

/** One vendor's entry of `tracestate` (§3.3.1.3). */
const stateMember =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const maxStateMembers = 32
const maxStateCharacters = 512

export interface Trace {
  readonly traceId: string
  readonly traceparent: string
  /** Absent where none was given, where it is malformed, and where the trace begins here. */
  readonly tracestate?: string
}

/**
 * The trace context (W3C Trace Context, level 1) for the next hop: the trace given with a new span, or a new
 * trace where none was given or what was given is malformed. A malformed `tracestate` is let go of; the
 * trace itself goes on.
 */
export function nextTrace(traceparent: string | null | undefined, tracestate?: string | null): Trace {
  const [, version, given, flags = '01', more] = form.exec(traceparent?.trim() ?? '') ?? []
  const isValid = given !== undefined && !(version === '00' && more !== undefined)
  const random = randomHex()
  const traceId = isValid ? given : random.slice(16)
  const sampled = isValid ? (Number.parseInt(flags, 16) & 1 ? '01' : '00') : '01'
  const state = isValid && tracestate ? validState(tracestate) : undefined
  return {
    traceId,
    traceparent: `00-${traceId}-${random.slice(0, 16)}-${sampled}`,
    ...(state && { tracestate: state }),
  }
}

/** A `traceparent` for the next hop, for those that carry no state. */
export function nextTraceparent(given: string | null | undefined): string {
  return nextTrace(given).traceparent
}

function validState(text: string): string | undefined {
  const members = text
    .split(',')
    .map(member => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter(member => member !== '')
  const keys = new Set(members.map(member => member.slice(0, member.indexOf('='))))
  const isWellFormed =
    text.length <= maxStateCharacters * 4 &&
    members.length <= maxStateMembers &&
    keys.size === members.length &&
    members.every(member => stateMember.test(member))
  return isWellFormed ? members.join(',') : undefined
}

/** Random bytes are drawn and written down for many traces at once: each draw costs more than the rest of a trace. */
const drawnBytes = 4_800
const traceDigits = 48
let drawn = ''
let used = 0

/** 24 random bytes as hex: enough for a trace and a span. */
function randomHex(): string {
  if (used + traceDigits > drawn.length) {
    drawn = encode(crypto.getRandomValues(new Uint8Array(drawnBytes)), 'hex')
    used = 0
  }
  used += traceDigits
  return drawn.slice(used - traceDigits, used)
}
