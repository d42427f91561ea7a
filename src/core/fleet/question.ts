import * as z from 'zod'
import type { Bindings } from '#core/cel/engine.ts'
import { defaultTtlDays } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { type RequestFacts, requestShapes, told } from './request.ts'
import type { Point } from './schema.ts'
import { secretsIn } from './secrets-in.ts'
import { fieldOf, type Shape, shapeOf, text } from './shape.ts'

const dayMs = 86_400_000

/** Values of the operator's that rules read as `org`. */
export type OrgValues = Readonly<Record<string, unknown>>

/** What rules are asked about: a manifest on its way into the registry, or a request at a door of its app. */
export type Question = {
  /** With its defaults filled in. */
  readonly manifest: Manifest
  readonly environment: string
  readonly now: Date
} & ({ readonly point: 'publish' } | { readonly point: 'request'; readonly request: RequestFacts })

/** What expressions may read, by point. A rule of two points may read what both have. */
const namesAt: Readonly<Record<Point, readonly string[]>> = {
  publish: ['app', 'environment', 'lifetimeDays', 'org', 'secrets'],
  request: ['app', 'environment', 'org', 'request'],
}

/** What evaluating one expression may cost: a manifest, of which each list may be long, may take longer than a request. */
export const stepsAt: Readonly<Record<Point, number>> = { publish: 90_000, request: 20_000 }

/** The names that an expression may read which is asked at these points. */
export function namesOf(asked: readonly Point[]): string[] {
  const [first = 'publish', ...others] = asked
  return namesAt[first].filter(name => others.every(point => namesAt[point].includes(name)))
}

/** What names look like, by name. */
export type Shapes = ReadonlyMap<string, Shape>

let fixed: { readonly conditions: Shapes; readonly messages: Shapes } | undefined

/** What the names look like; messages read of a request only what may stand in a log. */
export function shapesWith(org: OrgValues): { readonly conditions: Shapes; readonly messages: Shapes } {
  fixed ??= fixedShapes()
  const own = ['org', shapeOf(org)] as const
  return { conditions: new Map([...fixed.conditions, own]), messages: new Map([...fixed.messages, own]) }
}

function fixedShapes() {
  const { read, told } = requestShapes()
  const conditions = new Map<string, Shape>([
    ['app', z.toJSONSchema(Manifest, { io: 'output', unrepresentable: 'any' }) as Shape],
    ['environment', text],
    ['lifetimeDays', { type: 'integer' }],
    ['request', read],
    ['secrets', { type: 'array', items: text }],
  ])
  return { conditions, messages: new Map([...conditions, ['request', told]]) }
}

/** Whether a manifest can have a field at a path such as `spec.lifecycle.ttlDays`. */
export function isManifestPath(path: string): boolean {
  let here = shapesWith({}).conditions.get('app')
  for (const name of path.split('.')) here = here && fieldOf(here, name)
  return here !== undefined
}

/** What the names stand for in conditions. */
export function conditionBindings(question: Question, org: OrgValues): Bindings {
  const { manifest, environment } = question
  return {
    app: () => manifest,
    environment: () => environment,
    org: () => org,
    lifetimeDays: () => lifetimeDays(question),
    secrets: () => secretsIn(manifest),
    request: () => (question.point === 'request' ? question.request : undefined),
  }
}

/** What the names stand for in messages. */
export function messageBindings(question: Question, org: OrgValues): Bindings {
  const request = () => (question.point === 'request' ? told(question.request) : undefined)
  return { ...conditionBindings(question, org), request }
}

/** In whole days from publication, the last begun one counted. */
function lifetimeDays({ manifest, now }: Question): number {
  const { ttlDays, expiresAt } = manifest.spec.lifecycle
  return expiresAt ? Math.ceil((Date.parse(expiresAt) - now.getTime()) / dayMs) : (ttlDays ?? defaultTtlDays)
}
