import type { Contract, Operation } from './contract.ts'

/** What a contract says of a request, with the values of the path's parameters as they were sent. */
export interface Described {
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
}

/** The operation for a path and method; a HEAD that is not described is a GET without its body (RFC 9110 §9.3.2). */
export function operationOf(contract: Contract, path: string, method: string): Described | undefined {
  const match = contract.find(path)
  const described = match?.methods.byMethod
  const operation = described?.get(method) ?? (method === 'HEAD' ? described?.get('GET') : undefined)
  return match && operation && { operation, params: match.params }
}
