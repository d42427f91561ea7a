/** What is found by path and method. */
interface Routed {
  readonly path: string
  readonly methods: readonly string[]
}

/** The routes that share one path, by method. */
export interface Methods<Route extends Routed> {
  readonly template: string
  readonly byMethod: ReadonlyMap<string, Route>
}

export interface Match<Route extends Routed> {
  readonly methods: Methods<Route>
  /** The values of `{parameters}`, as they were sent. */
  readonly params: Readonly<Record<string, string>>
}

interface Leaf<Route> {
  readonly template: string
  readonly names: readonly string[]
  readonly byMethod: Map<string, Route>
}

interface Node<Route> {
  readonly literals: Map<string, Node<Route>>
  parameter?: Node<Route>
  rest?: Leaf<Route>
  leaf?: Leaf<Route>
}

/** Two routes that would answer the same requests. */
export interface Clash {
  readonly index: number
  readonly earlier: number
  readonly method: string
}

/**
 * An app's routes, found by path. Segment by segment a literal is tried before a `{parameter}`, and that
 * before a final `*`, so the most specific path wins whatever the order in the manifest. The path is settled
 * before the method: a route that is more general never answers for a method that the specific one lacks.
 */
export class RouteTable<Route extends Routed> {
  readonly #root: Node<Route> = { literals: new Map() }

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const leaf = this.#leafOf(route.path)
      for (const method of route.methods) if (!leaf.byMethod.has(method)) leaf.byMethod.set(method, route)
    }
  }

  /** @param path raw and unambiguous, from its first slash on */
  find(path: string): Match<Route> | undefined {
    const exact = matched(this.#root, path.slice(1).split('/'), 0, [])
    if (!path.includes('%')) return exact
    // An app decodes what the gateway compares as it was sent; where that would be another route, it is none.
    const decoded = matched(this.#root, path.slice(1).split('/').map(decodedSegment), 0, [])
    return decoded?.methods === exact?.methods ? exact : undefined
  }

  #leafOf(path: string): Leaf<Route> {
    const names: string[] = []
    let node = this.#root
    for (const segment of path.slice(1).split('/')) {
      if (segment === '*') {
        node.rest ??= { template: path, names, byMethod: new Map() }
        return node.rest
      }
      const name = parameterName(segment)
      if (name !== undefined) {
        names.push(name)
        node.parameter ??= { literals: new Map() }
        node = node.parameter
      } else {
        const next: Node<Route> = node.literals.get(segment) ?? { literals: new Map() }
        node.literals.set(segment, next)
        node = next
      }
    }
    node.leaf ??= { template: path, names, byMethod: new Map() }
    return node.leaf
  }
}

/** The name in a segment `{name}`; `undefined` for a literal. */
export function parameterName(segment: string): string | undefined {
  return segment.startsWith('{') && segment.endsWith('}') ? segment.slice(1, -1) : undefined
}

/** Routes of which a request could mean either: the same path but for the names of parameters, and a method in common. */
export function clashes(
  routes: readonly { readonly path: string; readonly methods: readonly string[] }[],
): readonly Clash[] {
  const owners = new Map<string, number>()
  return routes.flatMap(({ path, methods }, index) => {
    const shape = path.replaceAll(/\{[^}/]*\}/g, '{}')
    return [...new Set(methods)].flatMap(method => {
      const earlier = owners.get(`${method} ${shape}`)
      if (earlier === undefined) owners.set(`${method} ${shape}`, index)
      return earlier === undefined ? [] : [{ index, earlier, method }]
    })
  })
}

/** Each node is visited at most once, so the walk costs no more than the table is large. */
function matched<Route extends Routed>(
  node: Node<Route>,
  segments: readonly string[],
  at: number,
  values: readonly string[],
): Match<Route> | undefined {
  const segment = segments[at]
  if (segment === undefined) return node.leaf && matchOf(node.leaf, values)
  const literal = node.literals.get(segment)
  const found =
    (literal && matched(literal, segments, at + 1, values)) ??
    (node.parameter && segment !== '' ? matched(node.parameter, segments, at + 1, [...values, segment]) : undefined)
  return found ?? (node.rest && matchOf(node.rest, values))
}

function matchOf<Route extends Routed>(leaf: Leaf<Route>, values: readonly string[]): Match<Route> {
  const params = Object.fromEntries(leaf.names.map((name, index) => [name, values[index] ?? '']))
  return { methods: leaf, params }
}

function decodedSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
