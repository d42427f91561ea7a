import { contextWords, type Surroundings } from '../context.ts'
import type { Claim } from '../finding.ts'

/** `password: …`, `api_key=…`, `"clientSecret": "…"`: a name, a sign between, a value. */
const assignment =
  /(?<![A-Za-z])(?:(pass(?:word|wd|phrase|code)?|pwd)|(?:(?:api|access|secret|private|signing|encryption|auth|client|account|master|service)[ _-]?(?:key|secret|token|password)|secret|token|credentials?))(?![A-Za-z])["'”]?(?: (?:is|was))?\s{0,3}(?:[:=]|=>| is | was )\s{0,3}["'“]?([^\s"'”<>,;&]{4,512})/gi
const passwordName = contextWords([
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'passcode',
  'kennwort',
  'passwort',
  'contraseña',
  'mot de passe',
  'senha',
])
const secretName =
  /(?:^|[ .[\]/])(?:(?:api|access|secret|private|signing|encryption|auth|client|account|master|service|bearer|refresh|session|id|webhook) ?(?:key|secret|token)|secret|token|credentials?)$/
const paging = /(?:page|next|cursor|continuation|sync|previous|resume|upload|count|max|min)[ _-]?$/i
const pagingName = /(?:page|next|cursor|continuation|sync|previous|resume|upload) ?token$/
/** What stands in examples where a value would be. */
const placeholder =
  /^(?:[$%{<[*]|\.{3}|x{4,}$|your|change|example|placeholder|redacted|null|none|true|false|undefined|required|optional|string|hidden|secret$|password$|token$)/i

/** Finds passwords and keys by the names that they are given to, in the text or as its key. */
export function namedSecretsIn(text: string, near: Surroundings, claims: Claim[]): void {
  for (const match of text.matchAll(assignment)) {
    const [whole, password, value = ''] = match
    const spelling = value.replace(/[.)\]}]+$/, '')
    const start = match.index + whole.length - value.length
    if (paging.test(text.slice(Math.max(0, match.index - 14), match.index))) continue
    if (password === undefined ? !isKey(spelling) : !isPassword(spelling)) continue
    const subtype = password === undefined ? 'generic_secret' : 'password'
    claims.push({ type: 'API_SECRET', subtype, start, end: start + spelling.length, priority: 3 })
  }
  if (text.length < 4 || text.length > 4_096 || /\s/.test(text)) return
  if (near.endsWith(passwordName) && !placeholder.test(text)) {
    claims.push({ type: 'API_SECRET', subtype: 'password', start: 0, end: text.length, priority: 3 })
  } else if (near.isNamed(secretName) && !near.isNamed(pagingName) && isKey(text)) {
    claims.push({ type: 'API_SECRET', subtype: 'generic_secret', start: 0, end: text.length, priority: 3 })
  }
}

/** A password in prose has more than letters, else `password: required` were one. */
function isPassword(value: string): boolean {
  return value.length >= 6 && !placeholder.test(value) && /[A-Za-z]/.test(value) && /[^A-Za-z]/.test(value)
}

/** Keys are long and look random: letters and digits, few of them repeated. */
function isKey(value: string): boolean {
  return value.length >= 16 && !placeholder.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value) && bits(value) > 3
}

/** Shannon's entropy for each character, in bits. */
function bits(text: string): number {
  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  let sum = 0
  for (const count of counts.values()) sum -= (count / text.length) * Math.log2(count / text.length)
  return sum
}
