import type { Claim } from '../finding.ts'

/** A PEM block is looked for no further: 16,384-bit keys fit. */
const maxBlock = 20_000
const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
const credentials = /[^\s/@:"'<>\\]{0,128}:[^\s/"'<>\\]{1,256}@(?=[\w[-])/y

/** Finds private keys in PEM (RFC 7468) and OpenPGP's armour; one without its end counts as far as it goes. */
export function privateKeys(text: string, claims: Claim[]): void {
  begin.lastIndex = 0
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    const block = text.slice(match.index, match.index + maxBlock)
    const close = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(block)
    const end = match.index + (close ? close.index + close[0].length : block.length)
    claims.push({ type: 'API_SECRET', subtype: 'private_key', start: match.index, end, priority: 10 })
    begin.lastIndex = end
  }
}

/** Finds user and password before the host of a URL. */
export function urlPasswords(text: string, claims: Claim[]): void {
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    credentials.lastIndex = at + 3
    const found = credentials.exec(text)?.[0]
    if (!found) continue
    const start = at + 3
    claims.push({ type: 'API_SECRET', subtype: 'url_password', start, end: start + found.length - 1, priority: 9 })
  }
}
