import { distance } from 'fastest-levenshtein'
import { isWildcard, type Rule } from './rule.ts'
import { fitsMethod, fitsPath, type RuleBook } from './rule-book.ts'
import type { Target } from './target.ts'

/** A rule that nearly let a request go, and what stood against it. */
export interface Closest {
  readonly rule: Rule
  readonly differs: readonly Difference[]
}

export type Difference = 'method' | 'path' | 'port' | 'scheme' | 'host'

/** How much each difference sets a rule apart from a request. */
const weights: Readonly<Record<Difference, number>> = { method: 1, path: 2, port: 4, scheme: 8, host: 16 }

/** A host of another name still counts as near when it is a slip of the pen away. */
const nearHost = 2

/** The rule that its author most likely meant; `undefined` when none is about a host like this one. */
export function closestRule({ rules }: RuleBook, method: string, target: Target): Closest | undefined {
  let best: Closest | undefined
  let least = Number.POSITIVE_INFINITY
  for (const rule of rules) {
    const differs = differences(rule, method, target)
    if (differs.includes('host') && !isNear(rule, target)) continue
    const weight = differs.reduce((sum, difference) => sum + weights[difference], 0)
    if (weight >= least) continue
    best = { rule, differs }
    least = weight
  }
  return best
}

/** In words for a log line, or for the rule's author: `the closest rule is GET https://…: the method differs`. */
export function closestText({ rule, differs }: Closest): string {
  return `the closest rule is \`${rule.text}\`: its ${differs.join(' and ')} differ${differs.length > 1 ? '' : 's'}`
}

function differences(rule: Rule, method: string, target: Target): Difference[] {
  const fits: Record<Difference, boolean> = {
    method: fitsMethod(rule, method),
    path: fitsPath(rule, target),
    port: rule.port === target.port,
    scheme: rule.protocol === target.url.protocol,
    host: fitsHost(rule, target),
  }
  return (Object.keys(fits) as Difference[]).filter(part => !fits[part])
}

function fitsHost({ labels }: Rule, target: Target): boolean {
  const isOpen = labels.at(-1) === '**'
  if (isOpen ? target.labels.length < labels.length : target.labels.length !== labels.length) return false
  return labels.every((label, at) => isWildcard(label) || label === target.labels[at])
}

/** Shares the registered name, as far as two labels can tell, or is nearly spelt the same. */
function isNear(rule: Rule, target: Target): boolean {
  const [last, second] = rule.labels
  if (second !== undefined && !isWildcard(second) && last === target.labels[0] && second === target.labels[1])
    return true
  return distance([...rule.labels].reverse().join('.'), target.url.hostname) <= nearHost
}
