import type { Expr } from './limits.ts'

/**
 * Makes every loop of an expression pay: for its range once, and at each turn for as many nodes as a turn
 * may evaluate. The library's loops call no function of their own, so a meter at the functions alone
 * would not see them turn.
 *
 * @returns how many nodes evaluating the expression takes, loops inside it not counted
 */
export function meterLoops(node: Expr): number {
  const { exprKind } = node
  switch (exprKind.case) {
    case 'selectExpr':
      return 1 + under([exprKind.value.operand])
    case 'listExpr':
      return 1 + under(exprKind.value.elements)
    case 'structExpr':
      return (
        1 +
        under(
          exprKind.value.entries.flatMap(({ keyKind, value }) => [
            keyKind.case === 'mapKey' ? keyKind.value : undefined,
            value,
          ]),
        )
      )
    case 'callExpr':
      return 1 + under([exprKind.value.target, ...exprKind.value.args])
    case 'comprehensionExpr': {
      const loop = exprKind.value
      const turn = under([loop.loopCondition, loop.loopStep])
      const outside = under([loop.iterRange, loop.accuInit, loop.result])
      loop.iterRange = loop.iterRange && call('@range', [loop.iterRange])
      loop.loopCondition = loop.loopCondition && call('@turn', [loop.loopCondition, int(turn)])
      return 1 + outside
    }
    default:
      return 1
  }
}

function under(nodes: readonly (Expr | undefined)[]): number {
  return nodes.reduce((sum, node) => sum + (node ? meterLoops(node) : 0), 0)
}

/** Nodes that stand nowhere in the text have the id 0. */
function call(name: string, args: Expr[]): Expr {
  const value = { $typeName: 'cel.expr.Expr.Call' as const, function: name, args }
  return { $typeName: 'cel.expr.Expr', id: 0n, exprKind: { case: 'callExpr', value } }
}

function int(value: number): Expr {
  const constantKind = { case: 'int64Value' as const, value: BigInt(value) }
  const constant = { $typeName: 'cel.expr.Constant' as const, constantKind }
  return { $typeName: 'cel.expr.Expr', id: 0n, exprKind: { case: 'constExpr', value: constant } }
}
