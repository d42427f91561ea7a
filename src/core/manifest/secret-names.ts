import { secretsOf } from './egress-credential.ts'
import type { Manifest } from './schema.ts'

/** The names of all secrets that a manifest refers to, each once. */
export function secretNames({ webhooks, signing, api, egress, owner }: Manifest['spec']): string[] {
  const named = [
    ...Object.values(webhooks).flatMap(({ secrets }) => secrets),
    ...(signing?.secrets ?? []),
    ...(api?.issuers ?? []).flatMap(({ introspection }) => introspection?.secret ?? []),
    ...egress.flatMap(({ credential }) => (credential ? secretsOf(credential) : [])),
    ...(owner.notify ? [owner.notify.secret] : []),
  ]
  return [...new Set(named)]
}
