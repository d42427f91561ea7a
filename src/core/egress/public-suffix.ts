import { getPublicSuffix } from 'tldts-icann'
import { literalEnd, type Rule } from './rule.ts'

/**
 * Whether a wildcard of the rule stands directly under a public suffix (the ICANN part of publicsuffix.org),
 * where every next name may belong to somebody else. A name that the list does not know counts as a suffix
 * when it is a single label, as the list itself says.
 */
export function isUnderPublicSuffix(rule: Rule): boolean {
  const end = literalEnd(rule)
  if (end === undefined) return false
  if (end === '') return true
  const suffix = getPublicSuffix(`x.${end}`, { validateHostname: false }) ?? ''
  return suffix.length >= end.length
}
