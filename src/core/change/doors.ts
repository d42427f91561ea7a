import { RouteTable } from '#core/api/route-table.ts'
import { judge } from '#core/egress/judge.ts'
import { type Rule, readRule } from '#core/egress/rule.ts'
import { readTarget, type Target } from '#core/egress/target.ts'
import type { ApiRoute } from '#core/manifest/api-schema.ts'
import type { EgressRule } from '#core/manifest/egress-schema.ts'
import type { Manifest } from '#core/manifest/schema.ts'

/** A place where something passes or not, and what decides there: one answer for each request it stands for. */
export interface Door<Decided> {
  /** `GET /v1/places`, `POST https://api.example.com/v1/*`. */
  readonly name: string
  readonly decided: readonly Decided[]
}

/** What one rule or route covers may be parted among others, so that each of its doors is tried with all of these. */
const anyMethod = 'any method'
const local = { isLocal: true, ownHosts: [] }

/**
 * The doors of an API that are open in a manifest, among those that either manifest names. What one of them says of
 * a path counts as the gateway finds it there: a route that is taken away may leave the path to a wider one.
 */
export function openRoutes(manifest: Manifest, other: Manifest, word: string): Door<ApiRoute>[] {
  const table = new RouteTable(manifest.spec.api?.routes ?? [])
  const named = [manifest, other].flatMap(({ spec }) => spec.api?.routes ?? [])
  const names = new Set(named.flatMap(({ methods, path }) => methods.map(method => `${method} ${path}`)))
  return [...names].flatMap(name => {
    const [method = '', path = ''] = name.split(' ')
    const decided = samplePaths(path, word).map(sample => {
      const byMethod = table.find(sample)?.methods.byMethod
      return byMethod?.get(method) ?? (method === 'HEAD' ? byMethod?.get('GET') : undefined)
    })
    return decided.every(route => route !== undefined) ? [{ name, decided }] : []
  })
}

/** The ways out that are open in a manifest, among those that either manifest names. */
export function openWays(manifest: Manifest, other: Manifest, word: string): Door<EgressRule>[] {
  const rules = [manifest, other].flatMap(({ spec }) =>
    spec.egress.flatMap(({ to, mode }) => {
      const rule = mode === 'off' ? 'is off' : readRule(to)
      return typeof rule === 'string' ? [] : [rule]
    }),
  )
  const methods = [...new Set(rules.flatMap(rule => rule.methods ?? [])), anyMethod]
  const doors = new Map<string, Door<EgressRule>>()
  for (const rule of rules) {
    const targets = sampleTargets(rule, word)
    for (const method of rule.methods ?? methods) {
      const name = `${method} ${rule.text.replace(/^\S+ /, '')}`
      if (doors.has(name)) continue
      const judged = targets.map(target => judge(manifest, method, target))
      const decided = judged.flatMap(one => (one.kind === 'denied' ? [] : [one.way.rule]))
      if (decided.length === targets.length && targets.length > 0) doors.set(name, { name, decided })
    }
  }
  return [...doors.values()]
}

/** A parameter is one segment, a final `*` any number of them, none too. */
function samplePaths(path: string, word: string): string[] {
  const plain = path.replaceAll(/\{[^}/]*\}/g, word)
  if (!plain.endsWith('/*')) return [plain]
  return ['', word, `${word}/${word}`].map(rest => plain.slice(0, -1) + rest)
}

/** `*` in a host is one label, `**` one or more. */
function sampleTargets({ labels, path, port, protocol }: Rule, word: string): Target[] {
  const hosts = [1, 4].map(count =>
    labels
      .map(label => (label === '**' ? Array(count).fill(word).join('.') : label === '*' ? word : label))
      .reverse()
      .join('.'),
  )
  const paths = path ? [path.join(word), path.join('')] : [`/${word}`, '/']
  return [...new Set(hosts)].flatMap(host =>
    [...new Set(paths)].flatMap(one => {
      const target = readTarget(`${protocol}//${host}:${port}${one}`, local)
      return typeof target === 'string' ? [] : [target]
    }),
  )
}
