import { type CelInput, celError, parse, plan } from '@bufbuild/cel'
import { Recent } from '#core/recent.ts'
import { Steps } from '#core/steps.ts'
import { type Failure, failureOf } from './failure.ts'
import { type ExpressionProblem, inspect, oversize } from './limits.ts'
import { meterLoops } from './loops.ts'
import { meteredEnv } from './metered.ts'
import { celValue } from './values.ts'

export type { ExpressionProblem } from './limits.ts'

/** What one evaluation may cost, in nodes evaluated; some 0.2 s at worst (docs/webhooks.md). */
const maxSteps = 500_000
/** Programs that an isolate remembers, one for each text and set of names. */
const remembered = 500

/** What an expression reads: JSON values by name, asked for only if the expression reads them; `undefined` is absent. */
export type Bindings = Readonly<Record<string, () => unknown>>

/** An error is never an answer: whoever asks decides what an error means. */
export type Evaluation = { readonly kind: 'answer'; readonly holds: boolean } | ({ readonly kind: 'error' } & Failure)

/** An expression, checked and planned. Evaluating it never throws, and ends within a bounded number of steps. */
export interface Program {
  readonly variables: ReadonlySet<string>
  evaluate(bindings: Bindings): Evaluation
}

export type Compiled =
  | { readonly kind: 'program'; readonly program: Program }
  | { readonly kind: 'refused'; readonly problems: readonly ExpressionProblem[] }

const recent = new Recent<Compiled>(remembered)
let meter = new Steps(0)
const env = meteredEnv(() => meter)

/**
 * Compiles a CEL expression that answers yes or no. Compiled once per isolate and text.
 *
 * @param variables the names it may read
 */
export function compile(text: string, variables: readonly string[]): Compiled {
  const problem = oversize(text)
  if (problem) return { kind: 'refused', problems: [problem] }
  return recent.get(`${variables.join(' ')}\n${text}`, () => compiled(text, variables))
}

function compiled(text: string, known: readonly string[]): Compiled {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(text)
  } catch (error) {
    return { kind: 'refused', problems: [syntaxProblem(error)] }
  }
  const { problems, variables } = inspect(parsed.expr, known)
  if (problems.length > 0) return { kind: 'refused', problems }
  const nodes = meterLoops(parsed.expr)
  const planned = plan(env, parsed.expr)
  const positions = parsed.sourceInfo?.positions ?? {}

  return {
    kind: 'program',
    program: {
      variables,
      evaluate(bindings) {
        const steps = new Steps(maxSteps)
        meter = steps
        try {
          steps.spend(nodes)
          const values = [...variables].map(name => [name, bound(bindings[name]?.(), steps)] as const)
          const result = planned(Object.fromEntries(values) as Record<string, CelInput>)
          if (typeof result === 'boolean') return { kind: 'answer', holds: result }
          return { kind: 'error', ...failureOf(result, steps, positions) }
        } catch (error) {
          return { kind: 'error', ...failureOf(error, steps, positions) }
        }
      },
    },
  }
}

/** A binding that is absent is an error where it is read, and only there: `a || b` needs but one of them. */
function bound(json: unknown, steps: Steps) {
  return json === undefined ? celError('absent') : celValue(json, steps)
}

function syntaxProblem(error: unknown): ExpressionProblem {
  const [, at, found] = /<input>:1:(\d+): found (.{1,40}?) but/.exec(String(error)) ?? []
  const where = at ? `: unexpected ${found} at character ${at}` : ''
  return { reason: `is not a CEL expression${where}`, remedy: 'Mend the syntax; cel.dev describes the language.' }
}
