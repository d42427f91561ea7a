import suffixes from './public-suffixes.json' with { type: 'json' }
import { literalEnd, type Rule } from './rule.ts'

const rulesBelow = suffixes as Readonly<Record<string, string>>
/** Rules of the top-level domains that were asked about. */
const known = new Map<string, ReadonlySet<string>>()

/**
 * Whether a wildcard of the rule stands directly under a public suffix (the ICANN part of publicsuffix.org, which
 * `npm run public-suffixes` takes over), where every next name may belong to somebody else. A name that the list
 * does not know counts as a suffix when it is a single label, as the list itself says.
 */
export function isUnderPublicSuffix(rule: Rule): boolean {
  const end = literalEnd(rule)
  if (end === undefined) return false
  const dot = end.lastIndexOf('.')
  if (dot < 0) return true
  const rules = rulesOf(end.slice(dot + 1))
  const name = end.slice(0, dot)
  const parent = name.slice(name.indexOf('.') + 1)
  if (rules.has(`*.${name}`)) return true
  if (rules.has(`!${name}`)) return false
  return rules.has(name) || rules.has(parent === name ? '*' : `*.${parent}`)
}

function rulesOf(domain: string): ReadonlySet<string> {
  const rules = known.get(domain) ?? new Set(Object.hasOwn(rulesBelow, domain) ? rulesBelow[domain]?.split(' ') : [])
  known.set(domain, rules)
  return rules
}
