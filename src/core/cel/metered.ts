import { type CelEnv, celEnv } from '@bufbuild/cel'
import { compilePattern } from '#core/pattern.ts'
import type { Steps } from '#core/steps.ts'
import { ownFunctions, prices } from './functions.ts'

type Functions = CelEnv['funcs']
type Group = NonNullable<ReturnType<Functions['find']>>

/**
 * The library's environment with a meter at every function: a call first spends its price. The library
 * itself knows no budget.
 *
 * @param meter the steps of the evaluation under way
 */
export function meteredEnv(meter: () => Steps): CelEnv {
  const plain = celEnv({ funcs: ownFunctions, re2: { compile: patternOrThrow } })
  const metered = new Map<string, Group>()
  for (const [name, price] of Object.entries(prices)) {
    const group = plain.funcs.find(name)
    if (!group) throw new Error(`the library has no function ${name}`)
    const call: Group['call'] = (id, target, args) => {
      price(target === undefined ? args : [target, ...args], meter())
      return group.call(id, target, args)
    }
    metered.set(name, Object.create(group, { call: { value: call } }))
  }
  const funcs: Functions = Object.create(plain.funcs, { find: { value: (name: string) => metered.get(name) } })
  return Object.create(plain, { funcs: { value: funcs } })
}

function patternOrThrow(text: string) {
  const pattern = compilePattern(text)
  if (typeof pattern === 'string') throw new Error(pattern)
  return pattern
}
