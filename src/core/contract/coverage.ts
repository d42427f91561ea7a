import { compileContract } from './contract.ts'

/** A route and method that a contract has no operation for. */
export interface Uncovered {
  readonly index: number
  readonly method: string
}

/** Methods that HTTP itself describes, and contracts seldom do. */
const implied = ['HEAD', 'OPTIONS']

/**
 * The routes whose requests could never fit a contract, since it does not describe their path or method. What a
 * final `*` stands for is known only when somebody asks.
 */
export function uncovered(
  routes: readonly { readonly path: string; readonly methods: readonly string[] }[],
  document: object,
): readonly Uncovered[] {
  const compiled = compileContract(document)
  if (compiled.kind === 'refused') return []
  return routes.flatMap(({ path, methods }, index) => {
    if (path.endsWith('*')) return []
    const described = compiled.contract.find(path.replaceAll(/\{[^}/]*\}/g, '~'))?.methods.byMethod
    const missing = methods.filter(method => !implied.includes(method) && !described?.has(method))
    return missing.map(method => ({ index, method }))
  })
}
