import { pathText } from '#core/manifest/problems.ts'
import { Surroundings } from '#core/masking/detectors/context.ts'
import type { Claim } from '#core/masking/detectors/finding.ts'
import { markedSecretsIn } from '#core/masking/detectors/secrets/marked.ts'
import { assignedSecretsIn, calledSecretIn } from '#core/masking/detectors/secrets/named.ts'
import { shapedSecretsIn } from '#core/masking/detectors/secrets/shaped.ts'
import { privateKeys, urlPasswords } from '#core/masking/detectors/secrets/spans.ts'

/** Fields that hold the names of secrets, whose own word would make a name look like a value. */
const naming = new Set(['secret', 'secrets'])

/** The paths at which a manifest holds what looks like a secret itself; never the secret. */
export function secretsIn(document: unknown): string[] {
  const found: string[] = []
  visit(document, [])
  return found

  function visit(value: unknown, path: readonly (string | number)[]): void {
    if (typeof value === 'string') {
      const key = String(path.findLast(part => typeof part === 'string') ?? '')
      if (looksSecret(value, naming.has(key) ? '' : key)) found.push(pathText(path))
    } else if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index])
    else if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value)) visit(item, [...path, name])
  }
}

function looksSecret(text: string, key: string): boolean {
  const claims: Claim[] = []
  const near = new Surroundings(text, key, true)
  markedSecretsIn(text, claims)
  shapedSecretsIn(text, near, claims)
  privateKeys(text, claims)
  urlPasswords(text, claims)
  assignedSecretsIn(text, claims)
  calledSecretIn(text, near, claims)
  return claims.length > 0
}
