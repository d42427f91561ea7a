import { isWildcard, type Rule } from './rule.ts'
import type { Target } from './target.ts'

/** A place in the tree of hosts: one label deeper for each label, the last one first. */
interface Place {
  /** By label; `*` is any one label. */
  readonly deeperBy: Map<string, Place>
  /** Rules whose host ends here. */
  readonly here: Rule[]
  /** Rules that go on with one or more labels. */
  readonly deeper: Rule[]
}

/** The rules of one entry, arranged so that a look-up costs what the host is long, not how many rules there are. */
export class RuleBook {
  /** The most specific first. */
  readonly rules: readonly Rule[]
  readonly #root = place()
  readonly #order: ReadonlyMap<Rule, number>

  constructor(rules: readonly Rule[]) {
    this.rules = [...rules].sort(moreSpecific)
    this.#order = new Map(this.rules.map((rule, at) => [rule, at]))
    for (const rule of this.rules) this.#enter(rule)
  }

  /** The most specific rule that lets a request go, or `undefined`. */
  find(method: string, target: Target): Rule | undefined {
    const found: Rule[] = []
    collect(this.#root, target.labels, 0, method, target, found)
    const order = (rule: Rule) => this.#order.get(rule) ?? 0
    return found.reduce<Rule | undefined>((best, rule) => (best && order(best) < order(rule) ? best : rule), undefined)
  }

  #enter(rule: Rule): void {
    let at = this.#root
    for (const label of rule.labels) {
      if (label === '**') return void at.deeper.push(rule)
      at = deeper(at, label)
    }
    at.here.push(rule)
  }
}

/** Gathers the best rule of every place that the host leads to; within a place rules stand in order of specificity. */
function collect(
  at: Place,
  labels: readonly string[],
  depth: number,
  method: string,
  target: Target,
  found: Rule[],
): void {
  const rules = depth === labels.length ? at.here : at.deeper
  const fitting = rules.find(rule => fitsBesideHost(rule, method, target))
  if (fitting) found.push(fitting)
  const label = labels[depth]
  if (label === undefined) return
  for (const next of [at.deeperBy.get(label), at.deeperBy.get('*')]) {
    if (next) collect(next, labels, depth + 1, method, target, found)
  }
}

function fitsBesideHost(rule: Rule, method: string, target: Target): boolean {
  return (
    rule.protocol === target.url.protocol &&
    rule.port === target.port &&
    fitsMethod(rule, method) &&
    fitsPath(rule, target)
  )
}

export function fitsMethod({ methods }: Rule, method: string): boolean {
  return methods === undefined || methods.includes(method)
}

/** Linear in the path: each piece is looked for once, after the one before. */
export function fitsPath({ path: pieces }: Rule, { path: judged }: Target): boolean {
  if (pieces === undefined) return true
  if (judged.kind === 'refused') return false
  const { path } = judged
  const [first = '', ...others] = pieces
  const last = others.pop()
  if (last === undefined) return path === first
  if (!path.startsWith(first)) return false
  let from = first.length
  for (const piece of others) {
    const at = path.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return path.length - last.length >= from && path.endsWith(last)
}

/**
 * The order of specificity: a host without wildcards before one with; `*` before `**`; more literal labels
 * before fewer; a longer literal path before a shorter, and any path last; named methods before any; and
 * between equals the one that the manifest names first.
 */
export function moreSpecific(one: Rule, other: Rule): number {
  const ranks = rank(one)
  const others = rank(other)
  for (const [at, value] of ranks.entries()) {
    const difference = value - (others[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function rank({ labels, path, methods, index }: Rule): number[] {
  const wildcards = labels.filter(isWildcard)
  const kind = wildcards.includes('**') ? 2 : wildcards.length > 0 ? 1 : 0
  const literalPath = path?.join('').length ?? -1
  return [
    kind,
    wildcards.length - labels.length,
    -literalPath,
    path?.length ?? 0,
    methods?.length ?? Number.POSITIVE_INFINITY,
    index,
  ]
}

function place(): Place {
  return { deeperBy: new Map(), here: [], deeper: [] }
}

function deeper(at: Place, label: string): Place {
  const known = at.deeperBy.get(label)
  if (known) return known
  const fresh = place()
  at.deeperBy.set(label, fresh)
  return fresh
}
