import { parse } from '@bufbuild/cel'
import * as z from 'zod'
import { type Finding, nearest } from '#core/manifest/problems.ts'
import { Manifest } from '#core/manifest/schema.ts'

type Expr = ReturnType<typeof parse>['expr']

/** The part of JSON Schema that zod writes. */
interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: Shape | boolean
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
}

/** What may hold any field. */
const anything: Shape = {}
const text: Shape = { type: 'string' }

let shapes: ReadonlyMap<string, Shape> | undefined

/** What rules may read, by name: a manifest with its defaults filled in, where it goes, and where it holds secrets. */
function variables(): ReadonlyMap<string, Shape> {
  shapes ??= new Map<string, Shape>([
    ['app', z.toJSONSchema(Manifest, { io: 'output', unrepresentable: 'any' }) as Shape],
    ['environment', text],
    ['lifetimeDays', { type: 'integer' }],
    ['secrets', { type: 'array', items: text }],
  ])
  return shapes
}

type Wrong = Pick<Finding, 'reason' | 'remedy'>

/** The fields that an expression reads and no manifest can have. The expression must parse. */
export function unknownFields(expression: string): Wrong[] {
  const wrong: Wrong[] = []
  infer(parse(expression).expr, variables())
  return wrong

  function infer(node: Expr | undefined, scope: ReadonlyMap<string, Shape>): Shape {
    const kind = node?.exprKind
    switch (kind?.case) {
      case 'identExpr':
        return scope.get(kind.value.name) ?? anything
      case 'selectExpr':
        return member(infer(kind.value.operand, scope), kind.value.field)
      case 'listExpr':
        for (const element of kind.value.elements) infer(element, scope)
        return anything
      case 'structExpr':
        for (const { keyKind, value } of kind.value.entries) {
          if (keyKind.case === 'mapKey') infer(keyKind.value, scope)
          infer(value, scope)
        }
        return anything
      case 'callExpr': {
        const { function: name, target, args } = kind.value
        if (name === '_[_]') return indexed(infer(args[0], scope), args[1], scope)
        for (const part of [target, ...args]) infer(part, scope)
        return anything
      }
      case 'comprehensionExpr': {
        const { iterRange, iterVar, accuVar, accuInit, loopCondition, loopStep, result } = kind.value
        const range = infer(iterRange, scope)
        const within = new Map([...scope, [iterVar, turnOf(range)], [accuVar, anything]])
        for (const part of [accuInit, loopCondition, loopStep, result]) infer(part, within)
        return anything
      }
      default:
        return anything
    }
  }

  function member(of: Shape, name: string): Shape {
    const found = fieldOf(of, name)
    if (found) return found
    const near = nearest(name, fieldNames(of))
    const known = fieldNames(of).join(', ') || 'nothing'
    wrong.push({
      reason: `reads \`${name}\`, which no manifest has there`,
      remedy: near ? `Did you mean \`${near}\`?` : `Known there: ${known}.`,
    })
    return anything
  }

  function indexed(of: Shape, index: Expr | undefined, scope: ReadonlyMap<string, Shape>): Shape {
    const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined
    if (constant?.case === 'stringValue') return member(of, constant.value)
    infer(index, scope)
    const values = alternatives(of).map(({ items, additionalProperties }) => items ?? additionalProperties)
    return oneOf(values.filter(value => typeof value === 'object'))
  }
}

/** Whether a manifest can have a field at a path such as `spec.lifecycle.ttlDays`. */
export function isManifestPath(path: string): boolean {
  let here = variables().get('app')
  for (const name of path.split('.')) here = here && fieldOf(here, name)
  return here !== undefined
}

/** The names that expressions may read. */
export const ruleVariables = ['app', 'environment', 'lifetimeDays', 'secrets'] as const

function alternatives(shape: Shape): readonly Shape[] {
  const inner = shape.anyOf ?? shape.oneOf
  return inner ? inner.flatMap(alternatives) : [shape]
}

function oneOf(shapes: readonly Shape[]): Shape {
  return shapes.length === 0 ? anything : shapes.length === 1 ? (shapes[0] ?? anything) : { anyOf: shapes }
}

function fieldOf(shape: Shape, name: string): Shape | undefined {
  const found = alternatives(shape).flatMap((one): Shape[] => {
    const field = one.properties?.[name]
    if (field) return [field]
    if (typeof one.additionalProperties === 'object') return [one.additionalProperties]
    return one.type === undefined || one.additionalProperties === true ? [anything] : []
  })
  return found.length > 0 ? oneOf(found) : undefined
}

function fieldNames(shape: Shape): string[] {
  return alternatives(shape).flatMap(({ properties }) => Object.keys(properties ?? {}))
}

/** A loop takes a list's items, or an object's names. */
function turnOf(range: Shape): Shape {
  return oneOf(alternatives(range).flatMap(({ type, items }) => items ?? (type === 'object' ? text : [])))
}
