import { type CelInput, celError, parse, plan } from '@bufbuild/cel'
import { Recent } from '#core/recent.ts'
import { Steps } from '#core/steps.ts'
import { type Failure, failureOf } from './failure.ts'
import { type ExpressionProblem, inspect, oversize } from './limits.ts'
import { meterLoops } from './loops.ts'
import { meteredEnv } from './metered.ts'
import { celValue } from './values.ts'

export type { ExpressionProblem } from './limits.ts'

/** What one evaluation may cost unless less is said, in nodes evaluated; some 0.2 s at worst (docs/webhooks.md). */
const maxSteps = 500_000
/** Programs that an isolate remembers, one for each text, set of names and kind. */
const remembered = 500

/** What an expression reads: JSON values by name, asked for only if the expression reads them; `undefined` is absent. */
export type Bindings = Readonly<Record<string, () => unknown>>

/** An error is never an answer: whoever asks decides what an error means. */
export type Evaluation = { readonly kind: 'answer'; readonly holds: boolean } | ({ readonly kind: 'error' } & Failure)

export type Writing = { readonly kind: 'text'; readonly text: string } | ({ readonly kind: 'error' } & Failure)

/** An expression, checked and planned. Evaluating it never throws, and ends within a bounded number of steps. */
export interface Program {
  readonly variables: ReadonlySet<string>
  evaluate(bindings: Bindings, steps?: number): Evaluation
}

/** An expression that writes a text. */
export interface TextProgram {
  write(bindings: Bindings, steps?: number): Writing
}

interface Refused {
  readonly kind: 'refused'
  readonly problems: readonly ExpressionProblem[]
}

export type Compiled = { readonly kind: 'program'; readonly program: Program } | Refused
export type CompiledText = { readonly kind: 'program'; readonly program: TextProgram } | Refused

type Planned = { readonly kind: 'program'; readonly program: Program & TextProgram } | Refused

const recent = new Recent<Planned>(remembered)
let meter = new Steps(0)
const env = meteredEnv(() => meter)

/**
 * Compiles a CEL expression that answers yes or no. Compiled once per isolate and text.
 *
 * @param variables the names it may read
 */
export function compile(text: string, variables: readonly string[]): Compiled {
  return remember(text, variables, true)
}

/** Compiles a CEL expression that writes a text. */
export function compileText(text: string, variables: readonly string[]): CompiledText {
  return remember(text, variables, false)
}

function remember(text: string, variables: readonly string[], isCondition: boolean): Planned {
  const problem = oversize(text)
  if (problem) return { kind: 'refused', problems: [problem] }
  return recent.get(`${isCondition} ${variables.join(' ')}\n${text}`, () => planned(text, variables, isCondition))
}

function planned(text: string, known: readonly string[], isCondition: boolean): Planned {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(text)
  } catch (error) {
    return { kind: 'refused', problems: [syntaxProblem(error)] }
  }
  const { problems, variables } = inspect(parsed.expr, known, isCondition)
  if (problems.length > 0) return { kind: 'refused', problems }
  const nodes = meterLoops(parsed.expr)
  const run = plan(env, parsed.expr)
  const positions = parsed.sourceInfo?.positions ?? {}

  return {
    kind: 'program',
    program: {
      variables,
      evaluate(bindings, most = maxSteps) {
        const steps = new Steps(most)
        const result = evaluated(bindings, steps)
        if (typeof result === 'boolean') return { kind: 'answer', holds: result }
        return { kind: 'error', ...failureOf(result, steps, positions) }
      },
      write(bindings, most = maxSteps) {
        const steps = new Steps(most)
        const result = evaluated(bindings, steps)
        if (typeof result === 'string') return { kind: 'text', text: result }
        return { kind: 'error', ...failureOf(result, steps, positions) }
      },
    },
  }

  /** What came of it; an error is returned like any other result. */
  function evaluated(bindings: Bindings, steps: Steps): unknown {
    meter = steps
    try {
      steps.spend(nodes)
      const values = [...variables].map(name => [name, bound(bindings[name]?.(), steps)] as const)
      return run(Object.fromEntries(values) as Record<string, CelInput>)
    } catch (error) {
      return error
    }
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
