import { parse } from '@bufbuild/cel'
import type { Expr } from '#core/cel/limits.ts'
import type { OrgValues } from '#core/fleet/question.ts'

export interface Setting {
  readonly environment: string
  readonly org: OrgValues
}

/** Names whose value only the gateway knows, and why. */
const untold: Readonly<Record<string, string>> = {
  lifetimeDays: 'reads `lifetimeDays`, and Kubernetes does not tell a policy what time it is',
  secrets: 'reads `secrets`, which only the gateway finds',
  request: 'reads `request`',
}

/** A manifest has labels, if only none; an object of Kubernetes may lack them. */
const labels = '(has(object.metadata.labels) ? object.metadata.labels : {})'

interface Change {
  readonly at: number
  readonly length: number
  readonly text: string
}

/**
 * An expression of a rule in the names of a ValidatingAdmissionPolicy: `app` is `object`, the environment and the
 * operator's values are written out.
 *
 * @throws NotExportable
 */
export function rewritten(expression: string, setting: Setting): string {
  const { expr, sourceInfo } = parse(expression)
  const changes = new Map<number, Change>()
  visit(expr)
  return [...changes.values()]
    .sort((one, other) => other.at - one.at)
    .reduce((text, { at, length, text: put }) => text.slice(0, at) + put + text.slice(at + length), expression)

  function visit(node: Expr | undefined): void {
    const kind = node?.exprKind
    switch (kind?.case) {
      case 'identExpr': {
        const at = sourceInfo?.positions[String(node?.id)]
        const change = at === undefined ? undefined : changeOf(kind.value.name, at)
        if (change) changes.set(change.at, change)
        return
      }
      case 'selectExpr':
        visit(kind.value.operand)
        return
      case 'listExpr':
        for (const element of kind.value.elements) visit(element)
        return
      case 'structExpr':
        for (const { keyKind, value } of kind.value.entries) {
          if (keyKind.case === 'mapKey') visit(keyKind.value)
          visit(value)
        }
        return
      case 'callExpr':
        for (const part of [kind.value.target, ...kind.value.args]) visit(part)
        return
      case 'comprehensionExpr': {
        const { iterVar, iterRange, accuInit, loopCondition, loopStep, result } = kind.value
        if (iterVar in untold || ['app', 'environment', 'org', 'object'].includes(iterVar))
          throw new NotExportable(`names a loop's variable \`${iterVar}\``)
        for (const part of [iterRange, accuInit, loopCondition, loopStep, result]) visit(part)
      }
    }
  }

  function changeOf(name: string, at: number): Change | undefined {
    const why = untold[name]
    if (why) throw new NotExportable(why)
    if (name === 'app') {
      const [whole] = /^app\s*\.\s*metadata\s*\.\s*labels\b/.exec(expression.slice(at)) ?? []
      return whole ? { at, length: whole.length, text: labels } : { at, length: name.length, text: 'object' }
    }
    if (name === 'environment') return { at, length: name.length, text: literal(setting.environment) }
    if (name !== 'org') return undefined
    const [whole = '', field = ''] = /^org\s*\.\s*(\w+)/.exec(expression.slice(at)) ?? []
    return { at, length: whole.length, text: literal(setting.org[field], `org.${field}`) }
  }
}

/** What Kubernetes cannot be asked. */
export class NotExportable extends Error {
  override readonly name = 'NotExportable'
}

/** A value as CEL writes it; lists and members of different types Kubernetes refuses, so only lists of texts are. */
function literal(value: unknown, name = ''): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value) && value.every(item => typeof item === 'string'))
    return `[${value.map(item => literal(item)).join(', ')}]`
  throw new NotExportable(`reads \`${name}\`, which is no text, number or list of texts`)
}
