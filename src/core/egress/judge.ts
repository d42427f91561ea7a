import type { Credential } from '#core/manifest/egress-credential.ts'
import type { EgressRule } from '#core/manifest/egress-schema.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { onceFor } from '#core/once.ts'
import { closestRule, closestText } from './closest.ts'
import { isFindingOut } from './finding-out.ts'
import { isUnderPublicSuffix } from './public-suffix.ts'
import { type Rule, readRule } from './rule.ts'
import { RuleBook } from './rule-book.ts'
import type { Target } from './target.ts'

/** The rule under which a request goes out. */
export interface Way {
  /** As the manifest wrote it, with its limits and its credential. */
  readonly rule: EgressRule
  readonly matched: Rule
}

export type Judgement =
  | { readonly kind: 'allowed'; readonly way: Way }
  /** A rule in shadow mode matches: the request passes, but only as one that no rule allows. */
  | { readonly kind: 'shadowed'; readonly way: Way; readonly detail: string }
  | { readonly kind: 'denied'; readonly detail: string; readonly closest?: string }

/** Whether an app's rules let a request go: deny by default, the most specific rule decides. */
export function judge(manifest: Manifest, method: string, target: Target): Judgement {
  const book = bookOf(manifest)
  const matched = book.find(method, target)
  const rule = matched && manifest.spec.egress[matched.index]
  if (!matched || !rule) {
    const closest = closestRule(book, method, target)
    if (!closest) return { kind: 'denied', detail: 'no rule is about this host' }
    return { kind: 'denied', detail: closestText(closest), closest: closest.rule.text }
  }
  const way = { rule, matched }
  if (rule.mode === 'enforce') return { kind: 'allowed', way }
  if (!isFindingOut(manifest.spec))
    return {
      kind: 'denied',
      detail: `the rule \`${rule.to}\` is in shadow mode, past the stages for that`,
      closest: rule.to,
    }
  return { kind: 'shadowed', way, detail: `the rule \`${rule.to}\` is in shadow mode` }
}

/** The credential that goes along: a rule in shadow mode lends nobody its own, nor one for hosts of any depth. */
export function lentBy(way: Way | undefined): Credential | undefined {
  const isLent = way?.rule.mode === 'enforce' && !way.matched.labels.includes('**')
  return isLent ? way.rule.credential : undefined
}

/** Compiled once per entry, for as long as its manifest is in memory. */
const bookOf = onceFor((manifest: Manifest) => {
  const rules = manifest.spec.egress.flatMap(({ to, mode }, index) => {
    const rule = mode === 'off' ? 'is off' : readRule(to, index)
    // what publish refuses lets nothing out either, whatever wrote the entry
    return typeof rule === 'string' || isUnderPublicSuffix(rule) ? [] : [rule]
  })
  return new RuleBook(rules)
})
