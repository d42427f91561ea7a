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
  const rules = suffixRules(end.slice(dot + 1))
  const name = end.slice(0, dot)
  const parent = name.slice(name.indexOf('.') + 1)
  if (rules.has(`*.${name}`)) return true
  if (rules.has(`!${name}`)) return false
  return rules.has(name) || rules.has(parent === name ? '*' : `*.${parent}`)
}

/** The rules below a top-level domain, without it, as the list writes them. */
export function suffixRules(domain: string): ReadonlySet<string> {
  const rules = known.get(domain) ?? new Set(written(Object.hasOwn(rulesBelow, domain) ? rulesBelow[domain] : ''))
  known.set(domain, rules)
  return rules
}

/** Rules one by one: `Atokyo(A.AchofuAhino)` is `tokyo`, `chofu.tokyo` and `hino.tokyo`. */
function written(text = ''): string[] {
  return [...text.matchAll(/([^()]+)(?:\(([^)]*)\))?/g)].flatMap(([, labels = '', below]) => {
    const words = wordsIn(labels)
    if (below === undefined) return words
    const label = words.pop()
    return [...words, ...wordsIn(below).map(name => (name === '.' ? `${label}` : `${name}.${label}`))]
  })
}

/** Words, each after a capital letter that says how much of the word before it begins with: `AalstaDahaug`. */
function wordsIn(text: string): string[] {
  const words: string[] = []
  for (const [, shared = 'A', rest] of text.matchAll(/([A-Z])([^A-Z]*)/g)) {
    words.push((words.at(-1) ?? '').slice(0, shared.charCodeAt(0) - 65) + rest)
  }
  return words
}
