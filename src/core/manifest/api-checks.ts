import { clashes } from '#core/api/route-table.ts'
import { uncovered } from '#core/contract/coverage.ts'

/** The parts of `api` that must agree, each as its own check left it: what it refused may be anything. */
interface Parts {
  readonly routes?: unknown
  readonly issuers?: unknown
  readonly openapi?: unknown
}

interface Route {
  readonly path: string
  readonly methods: readonly string[]
  readonly auth?: unknown
  readonly scopes?: unknown
}

interface NamedIssuer {
  readonly issuer: string
  readonly jwksUri?: unknown
  readonly introspection?: { readonly url?: unknown }
}

/** Something wrong between the parts of `api`, with its place below it. */
export interface Disagreement {
  readonly path: (string | number)[]
  readonly input: unknown
  readonly message: string
  readonly remedy: string
}

/** Where the routes of an API, its issuers and its contract do not agree with one another. */
export function disagreements({ routes, issuers, openapi }: Parts): Disagreement[] {
  const written = listOf<Route>(routes, ({ path, methods }) => typeof path === 'string' && Array.isArray(methods))
  const named = listOf<NamedIssuer>(issuers, ({ issuer }) => typeof issuer === 'string')
  return [
    ...(written ? ambiguous(written) : []),
    ...(Array.isArray(issuers) && issuers.length === 0 ? unsigned(listOf<Route>(routes, () => true) ?? []) : []),
    ...(written ?? []).flatMap(unasked),
    ...(named ? twice(named) : []),
    ...(named ? asked(named) : []),
    ...(written && typeof openapi === 'object' && openapi ? undescribed(written, openapi) : []),
  ]
}

function ambiguous(routes: readonly Route[]): Disagreement[] {
  return clashes(routes).map(({ index, earlier, method }) => ({
    path: ['routes', index, 'path'],
    input: routes[index]?.path,
    message: `takes ${method} on the same path as routes[${earlier}]`,
    remedy: 'Leave the method to one of the two; the names of parameters make no difference.',
  }))
}

function unsigned(routes: readonly Route[]): Disagreement[] {
  const asking = routes.findIndex(route => route.auth !== 'none')
  if (asking < 0) return []
  const message = `is required: routes[${asking}] asks for a token, and nobody could sign one`
  const remedy = 'List who signs the tokens of callers, or write `auth: none` where whoever asks may enter.'
  return [{ path: ['issuers'], input: [], message, remedy }]
}

function unasked({ auth, scopes }: Route, index: number): Disagreement[] {
  if (auth !== 'none' || !Array.isArray(scopes) || scopes.length === 0) return []
  const message = 'would not be asked for: the route takes whoever comes'
  return [{ path: ['routes', index, 'scopes'], input: scopes, message, remedy: 'Remove `auth: none`, or the scopes.' }]
}

function twice(issuers: readonly { readonly issuer: string }[]): Disagreement[] {
  return issuers.flatMap(({ issuer }, index) => {
    if (issuers.findIndex(one => one.issuer === issuer) === index) return []
    const remedy = 'Join the two: one issuer may have several audiences and algorithms.'
    return [{ path: ['issuers', index, 'issuer'], input: issuer, message: 'is listed twice', remedy }]
  })
}

/** A token of unknown form is shown to one issuer alone; and where its keys are told, nobody told where it introspects. */
function asked(issuers: readonly NamedIssuer[]): Disagreement[] {
  const asking = issuers.flatMap(({ introspection, jwksUri }, index) =>
    introspection ? [{ index, introspection, jwksUri }] : [],
  )
  const others = asking.slice(1).map(({ index, introspection }) => ({
    path: ['issuers', index, 'introspection'],
    input: introspection,
    message: 'is one too many: a token of no known form would be shown to several issuers',
    remedy: 'Leave it to one issuer.',
  }))
  const nowhere = asking.flatMap(({ index, introspection, jwksUri }) => {
    if (jwksUri === undefined || introspection.url !== undefined) return []
    const message = 'is required beside `jwksUri`: no discovery document is read then'
    const remedy = 'Write where the issuer introspects, or leave `jwksUri` out.'
    return [{ path: ['issuers', index, 'introspection', 'url'], input: undefined, message, remedy }]
  })
  return [...others, ...nowhere]
}

function undescribed(routes: readonly Route[], openapi: object): Disagreement[] {
  return uncovered(routes, openapi).map(({ index, method }) => ({
    path: ['routes', index],
    input: routes[index],
    message: `takes ${method}, of which \`openapi\` says nothing: no request would fit`,
    remedy: 'Describe the operation in `openapi`, or take the method out of the route.',
  }))
}

/** A list of objects that are all as they must be; `undefined` where one is not, since the schema tells that. */
function listOf<Item extends object>(value: unknown, isOne: (item: Item) => boolean): Item[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.every(item => typeof item === 'object' && item !== null && isOne(item)) ? value : undefined
}
