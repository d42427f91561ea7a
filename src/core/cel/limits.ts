import type { parse } from '@bufbuild/cel'
import { compilePattern } from '#core/pattern.ts'
import { operators, prices } from './functions.ts'

/** A node of a parsed expression, macros written out. */
export type Expr = ReturnType<typeof parse>['expr']

/** What is wrong with an expression, in words its author can act on. */
export interface ExpressionProblem {
  readonly reason: string
  readonly remedy: string
}

/** The parser takes time beyond linear in the nesting; these keep it under some 50 ms. */
export const maxCharacters = 2_048
export const maxBrackets = 24
const maxNodes = 500
const maxDepth = 48
const maxLoops = 2

/** Names that stand for types, for `type(x) == string`. */
const typeNames = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type'])
/** Functions whose answer is never true. */
const neverTrue = new Set([
  '_+_',
  '_-_',
  '_*_',
  '_/_',
  '_%_',
  '-_',
  'size',
  'int',
  'uint',
  'double',
  'string',
  'type',
  'timestamp',
  'duration',
])

/** Whether a text is so long or so deeply nested that it should not even be parsed. */
export function oversize(text: string): ExpressionProblem | undefined {
  if (text.length > maxCharacters) return tooMuch(`is longer than ${maxCharacters} characters`)
  let open = 0
  for (const character of text) {
    if ('([{'.includes(character)) open += 1
    if (')]}'.includes(character)) open = Math.max(0, open - 1)
    if (open > maxBrackets) return tooMuch(`nests brackets more than ${maxBrackets} deep`)
  }
  return undefined
}

export interface Inspection {
  readonly problems: readonly ExpressionProblem[]
  /** The variables that the expression reads. */
  readonly variables: ReadonlySet<string>
}

/** Walks an expression and finds what it may not do; the evaluation then cannot surprise, however its input looks. */
export function inspect(root: Expr, known: readonly string[], isCondition = true): Inspection {
  const problems = new Map<string, ExpressionProblem>()
  const variables = new Set<string>()
  let nodes = 0
  const refuse = (reason: string, remedy: string) => problems.set(reason, { reason, remedy })

  visit(root, 1, 0, new Set())
  if (isCondition && isNeverTrue(root))
    refuse('is never true or false', 'Compare it with something: an expression answers yes or no.')
  return { problems: [...problems.values()], variables }

  function visit(node: Expr, depth: number, loops: number, bound: ReadonlySet<string>): void {
    nodes += 1
    if (nodes > maxNodes) return void problems.set('nodes', tooMuch(`has more than ${maxNodes} parts`))
    if (depth > maxDepth) return void problems.set('depth', tooMuch(`is more than ${maxDepth} operations deep`))
    const deeper = (child: Expr | undefined, inLoops = loops, names = bound) =>
      child && visit(child, depth + 1, inLoops, names)

    const { exprKind } = node
    switch (exprKind.case) {
      case 'constExpr':
        return
      case 'identExpr':
        named(exprKind.value.name, bound)
        return
      case 'selectExpr':
        deeper(exprKind.value.operand)
        return
      case 'listExpr':
        for (const element of exprKind.value.elements) deeper(element)
        return
      case 'structExpr':
        if (exprKind.value.messageName)
          refuse(`makes a message ${exprKind.value.messageName}`, 'There are only JSON values.')
        for (const { keyKind, value } of exprKind.value.entries) {
          if (keyKind.case === 'mapKey') deeper(keyKind.value)
          deeper(value)
        }
        return
      case 'callExpr': {
        const { function: name, target, args } = exprKind.value
        called(name, target, args)
        deeper(target)
        for (const argument of args) deeper(argument)
        return
      }
      case 'comprehensionExpr': {
        const { iterRange, accuInit, loopCondition, loopStep, result, iterVar, accuVar } = exprKind.value
        if (loops >= maxLoops)
          return void problems.set('loops', tooMuch(`has more than ${maxLoops} loops within one another`))
        const within = new Set([...bound, iterVar, accuVar])
        deeper(iterRange)
        deeper(accuInit)
        for (const part of [loopCondition, loopStep]) deeper(part, loops + 1, within)
        deeper(result, loops, within)
        return
      }
      default:
        refuse('holds something that is no expression', 'Write it in CEL.')
    }
  }

  function named(name: string, bound: ReadonlySet<string>): void {
    if (bound.has(name) || typeNames.has(name)) return
    if (known.includes(name)) return void variables.add(name)
    refuse(
      `\`${name}\` is not known here`,
      `Known: ${known.join(', ')}. Write names with a hyphen as \`headers['x-name']\`.`,
    )
  }

  function called(name: string, target: Expr | undefined, args: readonly Expr[]): void {
    if (!operators.has(name) && !Object.hasOwn(prices, name)) {
      refuse(
        `there is no function \`${name}\``,
        `Known: ${Object.keys(prices)
          .filter(known => /^\w+$/.test(known))
          .join(', ')}, and the macros has, all, exists, exists_one, map, filter.`,
      )
    }
    if (name !== 'matches') return
    const pattern = (target ? args[0] : args[1])?.exprKind
    const text = pattern?.case === 'constExpr' ? pattern.value.constantKind : undefined
    if (text?.case !== 'stringValue')
      return void refuse('the pattern of `matches` is computed', 'Write the pattern out.')
    const compiled = compilePattern(text.value)
    if (typeof compiled === 'string') refuse(compiled, 'Write it shorter, in RE2: no look-around, no back-references.')
  }
}

function isNeverTrue({ exprKind }: Expr): boolean {
  if (exprKind.case === 'constExpr') return exprKind.value.constantKind.case !== 'boolValue'
  if (exprKind.case === 'callExpr') return neverTrue.has(exprKind.value.function)
  return exprKind.case === 'listExpr' || exprKind.case === 'structExpr'
}

function tooMuch(reason: string): ExpressionProblem {
  return { reason, remedy: 'Write a shorter expression.' }
}
