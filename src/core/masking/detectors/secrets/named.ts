import { contextWords, type Key, type Surroundings } from '../context.ts'
import type { Claim } from '../finding.ts'

/** The sign between a name and its value. */
const between = /[:=]| is | was /g
/** A name of a secret, right before that sign. */
const name =
  /(?<![A-Za-z])(?:(pass(?:word|wd|phrase|code)?|pwd)|(?:(?:api|access|secret|private|signing|encryption|auth|client|account|master|service)[ _-]?(?:key|secret|token|password)|secret|token|credentials?))\\?["'”]?\s{0,3}$/i
const longestName = 40
/** The value after it: up to the closing quote, or one word. */
const value =
  /(?:>|(?:is|was) )?\s{0,3}(?:\\?["'“]([^"'”\\\r\n]{4,256})(?=\\?["'”])|\\?["'“]?([^\s"'”<>,;&\\]{4,512}))/y
const paging =
  /(?:page|next|cursor|continuation|sync|previous|resume|upload|count|max|min)[ _-]?(?:token|key)["'”]?\s*$/i

const passwordKey = contextWords([
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
const secretKey = contextWords(
  ['api', 'access', 'secret', 'private', 'signing', 'encryption', 'auth', 'client', 'account', 'master', 'service']
    .flatMap(kind => [`${kind} key`, `${kind} secret`, `${kind} token`, `${kind}key`, `${kind}secret`, `${kind}token`])
    .concat([
      'bearer token',
      'refresh token',
      'session token',
      'id token',
      'secret',
      'token',
      'credential',
      'credentials',
    ]),
)
const pagingKey = contextWords(
  ['page', 'next', 'cursor', 'continuation', 'sync', 'previous', 'resume', 'upload'].flatMap(kind => [
    `${kind} token`,
    `${kind}token`,
  ]),
)
/** What stands in examples where a value would be. */
const placeholder =
  /^(?:[$%{<[*]|\.{3}|x{4,}$|your|change|example|placeholder|redacted|null|none|true|false|undefined|required|optional|string|hidden|secret$|password$|token$)/i

/** The last two letters of the names of secrets. */
const endings = new Set(['rd', 'wd', 'se', 'de', 'ss', 'ey', 'et', 'en', 'ls', 'al'])

/** Might the name of a secret end here? A look at one or two characters, since most words are none. */
export function mayEndName(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1)
  // a blank, a quote, a backslash may stand after the name, and before the text stands what is not known
  if (!(last > 32) || last === 34 || last === 39 || last === 92 || last > 127) return true
  return endings.has(text.slice(end - 2, end).toLowerCase())
}

/** Finds passwords and keys by the names that they are given in a text: `password: …`, `"clientSecret": "…"`. */
export function assignedSecretsIn(text: string, claims: Claim[]): void {
  between.lastIndex = 0
  for (let match = between.exec(text); match; match = between.exec(text)) {
    const { index } = match
    // a clock's or a URL's colon comes after no name
    if (isDigit(text.charCodeAt(index - 1)) || text.startsWith('//', index + 1) || !mayEndName(text, index)) continue
    const before = text.slice(Math.max(0, index - longestName), index)
    const named = name.exec(before)
    if (!named || paging.test(before)) continue
    value.lastIndex = index + 1
    const found = value.exec(text)
    const spelling = found?.[1] ?? found?.[2]?.replace(/[.)\]}]+$/, '')
    if (!found || spelling === undefined) continue
    const isPasswordName = named[1] !== undefined
    if (isPasswordName ? !isPassword(spelling) : !isKey(spelling)) continue
    const start = found.index + found[0].length - (found[1] ?? found[2] ?? '').length
    const subtype = isPasswordName ? 'password' : 'generic_secret'
    claims.push({ type: 'API_SECRET', subtype, start, end: start + spelling.length, priority: 3 })
  }
}

/** Finds the text itself to be a password or a key, by what it is called. */
export function calledSecretIn(text: string, { key }: Surroundings, claims: Claim[]): void {
  if (!key || text.length < 4 || text.length > 4_096) return
  const subtype = secretBy(key)
  if (subtype === 'none' || /\s/.test(text) || placeholder.test(text)) return
  if (subtype === 'generic_secret' && !isKey(text)) return
  claims.push({ type: 'API_SECRET', subtype, start: 0, end: text.length, priority: 3 })
}

/** Which secret a text is by its name: what `calledSecretIn` asks first. */
export function secretBy(key: Key): NonNullable<Key['secret']> {
  key.secret ??= key.endsWith(passwordKey)
    ? 'password'
    : key.endsWith(secretKey) && !key.endsWith(pagingKey)
      ? 'generic_secret'
      : 'none'
  return key.secret
}

/** A password in prose has more than letters, else `password: required` were one. */
function isPassword(text: string): boolean {
  return text.length >= 6 && !placeholder.test(text) && /[A-Za-z]/.test(text) && /[^A-Za-z]/.test(text)
}

/** Keys are long and look random: letters and digits, few of them repeated. */
function isKey(text: string): boolean {
  return text.length >= 16 && !placeholder.test(text) && /\d/.test(text) && /[A-Za-z]/.test(text) && bits(text) > 3
}

/** Shannon's entropy for each character, in bits. */
function bits(text: string): number {
  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  let sum = 0
  for (const count of counts.values()) sum -= (count / text.length) * Math.log2(count / text.length)
  return sum
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
