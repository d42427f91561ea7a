import type { Manifest } from '#core/manifest/schema.ts'
import { type FleetRule, type Judgement, judge, type RuleSet } from './judge.ts'
import type { Recorded } from './recorded.ts'
import type { RequestFacts } from './request.ts'

/** What one rule would have done. */
export interface Rehearsed {
  readonly rule: string
  readonly layer: string
  readonly action: string
  readonly points: readonly string[]
  /** Requests that it would have found fault with and that had passed, by app. */
  readonly requests: Record<string, number>
  /** Why it found fault, with the number of requests. */
  readonly reasons: Record<string, number>
  /** Requests that it could not be asked about, since their records do not hold what it reads; by app. */
  readonly unjudged: Record<string, number>
  /** Apps whose manifests it would refuse or warn of, as they stand. */
  readonly manifests: string[]
}

export interface Rehearsal {
  /** Requests that were read, those refused at the time, and those of apps that are not in the registry. */
  readonly counts: { requests: number; refused: number; unknown: number }
  readonly rules: readonly Rehearsed[]
}

/**
 * Asks rules about what happened, so that their authors know whom they would have met. Manifests are those of now;
 * a record that lacks what a rule reads counts neither as allowed nor as denied.
 */
export function rehearsal(
  { rules, org }: RuleSet,
  manifests: ReadonlyMap<string, Manifest>,
  { environment, now }: { readonly environment: string; readonly now: Date },
): { readonly result: Rehearsal; add(recorded: Recorded): void } {
  const counts = { requests: 0, refused: 0, unknown: 0 }
  const asked = rules.map(rule => ({ rule, found: rehearsed(rule), verdicts: new Map<string, Verdict>() }))
  for (const { rule, found } of asked) {
    for (const [app, manifest] of rule.source.spec.points.includes('publish') ? manifests : [])
      if (judge({ rules: [rule], org }, { point: 'publish', manifest, environment, now }).length > 0)
        found.manifests.push(app)
  }
  return {
    result: { counts, rules: asked.map(({ found }) => found) },
    add({ app, request, wasRefused }) {
      counts.requests += 1
      const manifest = manifests.get(app)
      if (wasRefused) counts.refused += 1
      else if (!manifest) counts.unknown += 1
      if (wasRefused || !manifest) return
      const key = `${app} ${JSON.stringify(request)}`
      for (const { rule, found, verdicts } of asked) {
        const known = verdicts.get(key)
        const verdict = known ?? judged(rule, manifest, request)
        if (!known && verdicts.size < maxRemembered) verdicts.set(key, verdict)
        if (verdict.kind === 'unjudged') raise(found.unjudged, app)
        if (verdict.kind !== 'broken') continue
        raise(found.requests, app)
        raise(found.reasons, verdict.reason)
      }
    },
  }

  function judged(rule: FleetRule, manifest: Manifest, request: Partial<RequestFacts>): Verdict {
    const at = { environment, now: request.time === undefined ? now : new Date(request.time) }
    const record = recordedOnly(request)
    const question = { point: 'request', manifest, ...at, request: record.facts } as const
    const [first] = judge({ rules: [rule], org }, question)
    if (!first || isExcepted(first, rule)) return { kind: 'passed' }
    if (first.isError && record.isMissed()) return { kind: 'unjudged' }
    return { kind: 'broken', reason: first.problem.reason }
  }
}

/** Verdicts that are remembered for each rule, since most requests are like others. */
const maxRemembered = 50_000

type Verdict = { readonly kind: 'passed' | 'unjudged' } | { readonly kind: 'broken'; readonly reason: string }

/** An exception of the rule's own makes what it finds lighter than its action. */
function isExcepted({ weight, isError }: Judgement, { source }: FleetRule): boolean {
  return !isError && weight !== source.spec.action
}

/**
 * The facts of a record as rules read them: looking at one that it does not hold, also by `has`, ends the judgement.
 * What is `undefined` is known not to be there.
 */
function recordedOnly(request: Partial<RequestFacts>): { readonly facts: RequestFacts; isMissed(): boolean } {
  let isMissed = false
  const there = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined))
  const facts = new Proxy(there as unknown as RequestFacts, {
    getOwnPropertyDescriptor(target, name) {
      if (typeof name === 'string' && !(name in request)) {
        isMissed = true
        throw new Error('the record does not hold it')
      }
      return Reflect.getOwnPropertyDescriptor(target, name)
    },
  })
  return { facts, isMissed: () => isMissed }
}

function rehearsed({ source }: FleetRule): Rehearsed {
  const { layer, action, points } = source.spec
  return { rule: source.metadata.name, layer, action, points, requests: {}, reasons: {}, unjudged: {}, manifests: [] }
}

function raise(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
