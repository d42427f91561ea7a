import type { Canary } from '#core/manifest/rollout-schema.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'

/** Why a request goes to the canary or to stable. Only `header` holds also once the canary was called off. */
export interface Choice {
  readonly name: 'stable' | 'canary'
  readonly because: 'header' | 'audience' | 'share' | 'no-key'
}

/**
 * Which release a request goes to: the one that a tester's header names, the canary for its audience, and
 * else by a hash of who asks, so that a caller stays with one release, and a larger share keeps those that
 * a smaller one had.
 */
export function chosen(canary: Canary, app: string, exchange: Exchange): Choice {
  const wished = canary.header === undefined ? undefined : exchange.headers.get(canary.header)?.trim().toLowerCase()
  if (wished === 'stable' || wished === 'canary') return { name: wished, because: 'header' }
  if (isAudience(canary.audience, exchange.principal?.claims)) return { name: 'canary', because: 'audience' }
  const key = keyOf(canary.by, exchange)
  if (key === undefined) return { name: canary.percent === 100 ? 'canary' : 'stable', because: 'no-key' }
  return { name: placeOf(`${app}\n${key}`) < canary.percent ? 'canary' : 'stable', because: 'share' }
}

function isAudience(audience: Canary['audience'], claims: Readonly<Record<string, unknown>> | undefined): boolean {
  if (!audience || !claims || !Object.hasOwn(claims, audience.claim)) return false
  const claimed = claims[audience.claim]
  const values: unknown[] = Array.isArray(claimed) ? claimed : [claimed]
  return values.some(value => typeof value === 'string' && audience.values.includes(value))
}

/** The first of these that the request has. */
function keyOf(by: Canary['by'], { principal, address, headers }: Exchange): string | undefined {
  for (const part of by) {
    const value =
      part === 'sub'
        ? principal && `${principal.issuer}\n${principal.subject}`
        : part === 'ip'
          ? address
          : 'claim' in part
            ? stringOf(principal?.claims[part.claim])
            : headers.get(part.header)
    if (value !== undefined && value !== null && value !== '') return value
  }
  return undefined
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** Where a text falls between 0 and 100: FNV-1a, and the finalizer of MurmurHash3, without which near texts fall near. */
export function placeOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000) * 100
}
