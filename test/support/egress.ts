import type { FetchSetting } from '#core/egress/fetchable.ts'
import { type Rule, readRule } from '#core/egress/rule.ts'
import { RuleBook } from '#core/egress/rule-book.ts'
import { readTarget, type Target } from '#core/egress/target.ts'

export const deployed: FetchSetting = { isLocal: false, ownHosts: ['gate.example.com'] }
export const local: FetchSetting = { isLocal: true, ownHosts: ['localhost:8787'] }

/** A rule that is one. */
export function ruleOf(text: string, index = 0): Rule {
  const rule = readRule(text, index)
  if (typeof rule === 'string') throw new Error(`${text} ${rule}`)
  return rule
}

/** The rules as a manifest lists them. */
export function bookOf(...texts: readonly string[]): RuleBook {
  return new RuleBook(texts.map(ruleOf))
}

/** A target that is one. */
export function targetOf(text: string, setting = deployed): Target {
  const target = readTarget(text, setting)
  if (typeof target === 'string') throw new Error(`${text} ${target}`)
  return target
}

/** The text of the rule that lets a request go. */
export function passing(book: RuleBook, url: string, method = 'GET', setting = deployed): string | undefined {
  const target = readTarget(url, setting)
  return typeof target === 'string' ? undefined : book.find(method, target)?.text
}
