import type { Secrets } from '#core/ports.ts'
import { Secret } from '#core/secrets/secret.ts'
import { secretVariable } from '#core/secrets/variable.ts'

/** Secrets as Worker secrets: `SECRET_<APP>__<NAME>`. Each is wrapped once, so that its imported key is kept. */
export function workerSecrets(variables: Readonly<Record<string, unknown>>): Pick<Secrets, 'find'> {
  const known = new Map<string, Secret>()
  return {
    async find(app, name) {
      const variable = secretVariable(app, name)
      const value = variables[variable]
      if (typeof value !== 'string' || value === '') return undefined
      const secret = known.get(variable) ?? new Secret(name, value)
      known.set(variable, secret)
      return secret
    },
  }
}
