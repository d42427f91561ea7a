import { decode } from '#core/encoding.ts'
import type { Credential } from '#core/manifest/egress-credential.ts'

/** Where an app may put its token; SDKs differ in where they put a key. */
export type TokenSlot = 'authorization' | 'gatehouse-token' | 'x-api-key' | 'api-key' | 'x-goog-api-key'

interface Slot {
  readonly slot: TokenSlot
  readonly read: (value: string) => string | undefined
}

const whole = (value: string) => value

const slots: readonly Slot[] = [
  { slot: 'authorization', read: value => /^Bearer +([^ ]+)$/i.exec(value)?.[1] },
  { slot: 'authorization', read: basicSecret },
  { slot: 'gatehouse-token', read: whole },
  { slot: 'x-api-key', read: whole },
  { slot: 'api-key', read: whole },
  { slot: 'x-goog-api-key', read: whole },
]

export interface FoundToken {
  readonly value: string
  readonly slot: TokenSlot
}

/**
 * Every text in the known slots that claims to be a token of ours; one text in two slots is one, in the first.
 *
 * @param isOurs whether a text claims that
 */
export function foundTokens(headers: Headers, isOurs: (text: string) => boolean): FoundToken[] {
  const found = new Map<string, FoundToken>()
  for (const { slot, read } of slots) {
    const text = headers.get(slot)
    const value = text === null ? undefined : read(text)
    if (value && !found.has(value) && isOurs(value)) found.set(value, { value, slot })
  }
  return [...found.values()]
}

/** Whether a token may stand where it stood: in a slot of the gateway's own, or where the rule's credential goes. */
export function mayStandIn(slot: TokenSlot, credential: Credential | undefined): boolean {
  if (slot === 'authorization' || slot === 'gatehouse-token') return true
  return credential?.as === 'header' && credential.name.toLowerCase() === slot
}

/** The password of Basic credentials (RFC 7617). */
function basicSecret(value: string): string | undefined {
  const encoded = /^Basic +([^ ]+)$/i.exec(value)?.[1]
  const bytes = encoded === undefined ? undefined : decode(encoded, 'base64')
  if (!bytes) return undefined
  const pair = new TextDecoder().decode(bytes)
  const at = pair.indexOf(':')
  return at < 0 ? undefined : pair.slice(at + 1)
}
