/** What is found by path and method. */
interface Routed {
  readonly path: string
  readonly methods: readonly string[]
}

/** The routes that share one path, by method. */
export interface Methods<Route extends Routed> {
  readonly template: string
  /** The path as the most lenient app reads it. */
  readonly lenient: string
  readonly byMethod: ReadonlyMap<string, Route>
}

export interface Match<Route extends Routed> {
  readonly methods: Methods<Route>
  /** The values of `{parameters}`, as they were sent. */
  readonly params: Readonly<Record<string, string>>
}

interface Leaf<Route> {
  readonly template: string
  readonly lenient: string
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
  /** The same paths as the most lenient app reads them. */
  readonly #lenient: Node<Route> = { literals: new Map() }

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const segments = route.path.slice(1).split('/')
      const lenient = withoutLastSlash(lenientSegments(segments))
      const leaf = leafOf(this.#root, segments, route.path, lenient.join('/'))
      leafOf(this.#lenient, lenient, route.path, lenient.join('/'))
      for (const method of route.methods) if (!leaf.byMethod.has(method)) leaf.byMethod.set(method, route)
    }
  }

  /**
   * The route of a path. An app may decode what is compared here as it was sent, or make nothing of letter case and
   * of a final slash: where it would take another route then, there is none, so that a general route opens no other.
   *
   * @param path raw and unambiguous, from its first slash on
   */
  find(path: string): Match<Route> | undefined {
    const segments = path.slice(1).split('/')
    const exact = matched(this.#root, segments, 0, [])
    if (!exact || exact.methods.template === path) return exact
    const isOther = (match?: Match<Route>) => match !== undefined && match.methods.lenient !== exact.methods.lenient
    const lenient = lenientSegments(segments)
    if (isOther(matched(this.#lenient, lenient, 0, []))) return undefined
    const bare = matched(this.#lenient, withoutLastSlash(lenient), 0, [])
    return isOther(bare) && !bare?.methods.template.endsWith('*') ? undefined : exact
  }
}

function leafOf<Route extends Routed>(
  root: Node<Route>,
  segments: readonly string[],
  template: string,
  lenient: string,
): Leaf<Route> {
  const names: string[] = []
  let node = root
  for (const segment of segments) {
    if (segment === '*') {
      node.rest ??= { template, lenient, names, byMethod: new Map() }
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
  node.leaf ??= { template, lenient, names, byMethod: new Map() }
  return node.leaf
}

/** Segments decoded and without their case, parameters without their names. */
function lenientSegments(segments: readonly string[]): readonly string[] {
  return segments.map(segment => (parameterName(segment) === undefined ? decodedSegment(segment).toLowerCase() : '{}'))
}

function withoutLastSlash(segments: readonly string[]): readonly string[] {
  return segments.at(-1) === '' ? segments.slice(0, -1) : segments
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
