import { SignJWT } from 'jose'
import type { Head } from '#core/audit/verify.ts'
import { TokenKeys } from '#core/identity/token-keys.ts'
import { keys } from '#core/keys.ts'
import { Secret } from '#core/secrets/secret.ts'
import type { Env } from '../env.ts'

/** Numbers are padded, so that names sort as numbers do. */
const digits = 12

/**
 * Leaves the records since the last export in R2 as NDJSON, and beside them a signed checkpoint: a JWS of the
 * gateway's own key over where the chain then ended. Whoever keeps the checkpoints can tell later that a chain
 * was cut off or written anew, whoever did it.
 */
export async function exportChain(
  chain: string,
  { from, end }: { readonly from: number; readonly end: Head },
  records: Iterable<unknown>,
  env: Env,
): Promise<void> {
  const lines: string[] = []
  for (const record of records) lines.push(`${JSON.stringify(record)}\n`)
  const span = `${String(from + 1).padStart(digits, '0')}-${String(end.seq).padStart(digits, '0')}`
  const contentType = 'application/x-ndjson'
  await env.PAYLOADS.put(keys.auditExport(chain, span), lines.join(''), { httpMetadata: { contentType } })
  const checkpoint = await signed(chain, end, env)
  if (checkpoint) await env.PAYLOADS.put(keys.auditCheckpoint(chain, span), checkpoint)
}

/** Without signing keys, which only one machine may lack, there is nothing to sign with. */
async function signed(chain: string, { seq, hash }: Head, env: Env): Promise<string | undefined> {
  if (!env.SIGNING_KEYS) return undefined
  const tokens = new TokenKeys({ issuer: '', keys: new Secret('SIGNING_KEYS', env.SIGNING_KEYS) })
  const { kid, key } = await tokens.signing()
  return new SignJWT({ chain, seq, hash })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'gatehouse-audit-checkpoint+jwt' })
    .setIssuedAt()
    .sign(key)
}
