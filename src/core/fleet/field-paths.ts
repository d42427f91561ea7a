import { parse } from '@bufbuild/cel'
import type { Expr } from '#core/cel/limits.ts'
import { type Finding, nearest } from '#core/manifest/problems.ts'
import { compilePattern } from '#core/pattern.ts'
import {
  anything,
  fieldNames,
  fieldOf,
  lengthOf,
  memberOf,
  type Shape,
  sizeOf,
  text,
  turnOf,
  turnsOf,
} from './shape.ts'

type Wrong = Pick<Finding, 'reason' | 'remedy'>

export interface Reading {
  /** The fields that it reads and that cannot be there. */
  readonly wrong: readonly Wrong[]
  /** What evaluating it may cost at most, in the steps that the engine counts. */
  readonly worstCost: number
}

/** A part of an expression: what its value looks like, and what it costs to get there. */
interface Part {
  readonly shape: Shape
  readonly cost: number
}

const nothing: Part = { shape: anything, cost: 0 }

/** Functions whose cost grows with all that they look at. */
const comparing = new Set(['_==_', '_!=_', '@in'])
const read = (length: number) => 1 + (length >> 6)
const parsed = (length: number) => 300 + length ** 2 / 64
const made = (length: number) => 48 + length ** 2 / 64
/** Those that look at a text, and what that costs by its length; as the engine's own prices have it. */
const reading: Readonly<Record<string, (length: number) => number>> = {
  ...{ contains: read, startsWith: read, endsWith: read, size: length => 8 + (length >> 2) },
  ...{ int: parsed, uint: parsed, double: parsed, timestamp: made, duration: made },
}
/** What it costs to take a date apart. */
const partOfDate = 1_200

/**
 * What an expression reads, held against what its variables look like, and what it costs with the longest lists
 * that their schema allows. The expression must parse.
 */
export function readings(expression: string, variables: ReadonlyMap<string, Shape>): Reading {
  const wrong: Wrong[] = []
  const { cost } = infer(parse(expression).expr, variables)
  return { wrong, worstCost: Math.ceil(cost) }

  function infer(node: Expr | undefined, scope: ReadonlyMap<string, Shape>): Part {
    const kind = node?.exprKind
    switch (kind?.case) {
      case 'constExpr': {
        const { constantKind } = kind.value
        return constantKind.case === 'stringValue'
          ? { shape: { ...text, maxLength: constantKind.value.length }, cost: 1 }
          : { shape: { type: 'number' }, cost: 1 }
      }
      case 'identExpr':
        return { shape: scope.get(kind.value.name) ?? anything, cost: 1 }
      case 'selectExpr': {
        const { shape, cost } = infer(kind.value.operand, scope)
        return { shape: member(shape, kind.value.field), cost: cost + 1 }
      }
      case 'listExpr': {
        const items = kind.value.elements.map(element => infer(element, scope))
        return { shape: { type: 'array', items: { anyOf: shapes(items) }, maxItems: items.length }, cost: sum(items) }
      }
      case 'structExpr':
        return {
          shape: anything,
          cost: sum(
            kind.value.entries.flatMap(({ keyKind, value }) => [
              keyKind.case === 'mapKey' ? infer(keyKind.value, scope) : nothing,
              infer(value, scope),
            ]),
          ),
        }
      case 'callExpr': {
        const { function: name, target, args } = kind.value
        if (name === '_[_]') return indexed(infer(args[0], scope), args[1], scope)
        const parts = [...(target ? [target] : []), ...args].map(part => infer(part, scope))
        return { shape: anything, cost: sum(parts) + price(name, parts, args.at(-1)) }
      }
      case 'comprehensionExpr': {
        const { iterRange, iterVar, accuVar, accuInit, loopCondition, loopStep, result } = kind.value
        const range = infer(iterRange, scope)
        const within = new Map([...scope, [iterVar, turnOf(range.shape)], [accuVar, anything]])
        const turn = sum([infer(loopCondition, within), infer(loopStep, within)])
        const around = sum([range, infer(accuInit, within), infer(result, within)])
        return { shape: anything, cost: around + turnsOf(range.shape) * turn }
      }
      default:
        return nothing
    }
  }

  function member(of: Shape, name: string): Shape {
    const found = fieldOf(of, name)
    if (found) return found
    const near = nearest(name, fieldNames(of))
    const known = fieldNames(of).join(', ') || 'nothing'
    wrong.push({
      reason: `reads \`${name}\`, which is never there`,
      remedy: near ? `Did you mean \`${near}\`?` : `Known there: ${known}.`,
    })
    return anything
  }

  function indexed(of: Part, index: Expr | undefined, scope: ReadonlyMap<string, Shape>): Part {
    const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined
    if (constant?.case === 'stringValue') return { shape: member(of.shape, constant.value), cost: of.cost + 2 }
    return { shape: memberOf(of.shape), cost: of.cost + infer(index, scope).cost + 1 }
  }
}

/** What one call costs beyond its arguments; `last` is the pattern of `matches`. */
function price(name: string, parts: readonly Part[], last: Expr | undefined): number {
  if (comparing.has(name)) return Math.min(...parts.map(({ shape }) => sizeOf(shape)))
  const length = lengthOf(parts[0]?.shape ?? anything)
  const known = reading[name]
  if (known) return known(length)
  if (name.startsWith('get')) return partOfDate
  if (name !== 'matches') return 1
  const constant = last?.exprKind.case === 'constExpr' ? last.exprKind.value.constantKind : undefined
  const pattern = constant?.case === 'stringValue' ? compilePattern(constant.value) : undefined
  return typeof pattern === 'object' ? pattern.steps('x'.repeat(length)) : length
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { cost }) => total + cost, 1)
}

function shapes(parts: readonly Part[]): Shape[] {
  return parts.map(({ shape }) => shape)
}
