import { type Judgement, judge } from './judge.ts'
import type { Question } from './question.ts'
import type { Fleet } from './stored.ts'

/** Whoever judges by the operator's rules: the gateway itself in CEL, or a service that it asks. */
export interface PolicyEngine {
  readonly name: string
  /** Of the rules that it judges by, where it knows them: each record of a finding says it. */
  readonly digest?: string
  /** Never throws, and ends within a bound: an engine that cannot judge says so with a judgement. */
  judge(question: Question): readonly Judgement[] | Promise<readonly Judgement[]>
}

/** The engine that judges by itself; any other asks somebody. */
export const celName = 'cel'

/** The rules of the fleet, in CEL. */
export function celEngine(fleet: Fleet): PolicyEngine {
  return { name: celName, digest: fleet.digest, judge: question => judge(fleet, question) }
}
