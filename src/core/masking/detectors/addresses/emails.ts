import type { Claim } from '../finding.ts'

/** RFC 5321: at most 64 octets before the `@`, 255 after it. */
const maxLocal = 64
const maxDomain = 255

/** What RFC 5322 calls an atom, without the marks that rather belong to the text around it (`?email=ann@…`). */
const atoms = "[\\p{L}\\p{N}\\p{M}!#$%&'*+^_~.-]"
/** Quoted, or atoms; a `+` may carry a whole other address, as bounces do: `bounce+ann=example.com@…`. */
const localEnd = new RegExp(
  `(?:(?<![\\p{L}\\p{N}])"[^"\\\\\\r\\n]{1,62}"|(?:${atoms}{1,40}\\+${atoms}{1,40}=)?${atoms}{1,64})$`,
  'u',
)
/** Marks that may stand in an address but rather belong to the text before it. */
const leading = /^[.'*&!#^~-]+/
const domainStart =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?\.){1,8}(?:xn--[a-z\d-]{1,59}|[\p{L}\p{M}]{2,63})(?![\p{L}\p{N}_])/iu
/** `logo@2x.png` is a picture for dense screens. */
const picture = /^\dx\.[a-z]{2,4}$/i

/** What stands before a host of a URL is no part of an address. */
const userInfo = /:\/\/[^\s/]*$/

/** Finds mail addresses: before the `@` (or `%40`) atoms or a quoted string, also in other scripts (RFC 6531). */
export function emails(text: string, claims: Claim[]): void {
  for (const sign of ['@', '%40']) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      // one character more, which tells whether a quote opens there
      const local = localEnd.exec(text.slice(Math.max(0, at - maxLocal - 1), at))?.[0].replace(leading, '')
      const from = at + sign.length
      const domain = local && domainStart.exec(text.slice(from, from + maxDomain))?.[0]
      if (!local || !domain || picture.test(domain) || isRepository(text, local, from + domain.length)) continue
      if (userInfo.test(text.slice(Math.max(0, at - maxLocal * 3), at - local.length))) continue
      claims.push({ type: 'EMAIL', start: at - local.length, end: from + domain.length, priority: 5 })
    }
  }
}

/** `git@github.com:team/app` is where code lives, and nobody's address. */
function isRepository(text: string, local: string, end: number): boolean {
  return local === 'git' && (text[end] === ':' || text[end] === '/')
}
