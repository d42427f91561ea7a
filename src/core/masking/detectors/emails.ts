import type { Claim } from './finding.ts'

/** RFC 5321: at most 64 octets before the `@`, 255 after it. */
const maxLocal = 64
const maxDomain = 255

const localEnd = /(?:"[^"\\\r\n]{1,62}"|[\p{L}\p{N}\p{M}!#$%&'*+/=?^_`{|}~.-]{1,64})$/u
const domainStart =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.){1,8}(?:xn--[a-z0-9-]{1,59}|[\p{L}\p{M}]{2,63})(?![\p{L}\p{N}_])/iu
/** `logo@2x.png` is a picture for dense screens, and `git@host:path` a repository. */
const noAddress = /^\dx\.[a-z]{2,4}$/i

/** Mail addresses: RFC 5322 dot-atoms and quoted strings before the `@`, also of other scripts (RFC 6531). */
export function emails(text: string, _context: string, claims: Claim[]): void {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const local = localEnd.exec(text.slice(Math.max(0, at - maxLocal), at))?.[0].replace(/^[.'*`/=|{?&]+/, '')
    const domain = local && domainStart.exec(text.slice(at + 1, at + 1 + maxDomain))?.[0]
    if (!local || !domain || noAddress.test(domain)) continue
    claims.push({ type: 'EMAIL', start: at - local.length, end: at + 1 + domain.length, priority: 5 })
  }
}
