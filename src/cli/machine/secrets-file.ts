import { readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'
import type { Problem } from '#core/fault.ts'
import { secretNames } from '#core/manifest/secret-names.ts'
import { secretVariable } from '#core/secrets/variable.ts'
import { Failure } from '../output.ts'
import type { Declared } from '../registry/folder.ts'

/**
 * Reads a file of `SECRET_<APP>__<NAME>=value` lines.
 *
 * @throws Failure that lists every line that is not one, without its value
 */
export async function readSecrets(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch(error => {
    throw new Failure(`The secrets file ${file} cannot be read: ${error.code}.`)
  })
  const problems = text.split('\n').flatMap((line, index): Problem[] => {
    if (/^\s*(#|$)/.test(line) || /^\s*SECRET_[A-Z0-9_]+__[A-Z0-9_]+\s*=/.test(line)) return []
    return [
      {
        file,
        line: index + 1,
        path: '(line)',
        reason: 'is no secret',
        remedy: 'Write SECRET_<APP>__<NAME>=value, in upper case, with - as _.',
      },
    ]
  })
  if (problems.length > 0) throw new Failure(`The secrets file ${file} is refused.`, 1, problems)
  return parseEnv(text) as Record<string, string>
}

/** The secrets that manifests name and nothing holds, as Worker secrets are called. */
export function missingSecrets(declared: readonly Declared[], variables: Readonly<Record<string, string>>): string[] {
  const named = declared.flatMap(({ manifest: { metadata, spec } }) =>
    secretNames(spec).map(name => secretVariable(metadata.name, name)),
  )
  return [...new Set(named)].filter(name => !variables[name])
}

/** The keys with which the gateway signs for the apps of a registry, as far as they are in place. */
export function signingKeys(declared: readonly Declared[], variables: Readonly<Record<string, string>>): string[] {
  return declared.flatMap(({ manifest: { metadata, spec } }) =>
    (spec.signing?.secrets ?? []).flatMap(name => variables[secretVariable(metadata.name, name)] ?? []),
  )
}
