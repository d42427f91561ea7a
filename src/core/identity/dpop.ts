import { base64url, calculateJwkThumbprint, errors, importJWK, jwtVerify } from 'jose'
import * as z from 'zod'
import { sha256Hex, utf8Bytes } from '#core/encoding.ts'
import type { Ports } from '#core/ports.ts'
import { anyRegion } from '#core/residency/regions.ts'
import { algorithmRow, isAlgorithm } from './algorithms.ts'
import { openCompact } from './compact-token.ts'
import { clockSkewSeconds, type Principal } from './principal.ts'

/** A proof counts for so long after it was made. */
const proofSeconds = 60

/** A request as its proof has to name it. */
export interface ProvenRequest {
  readonly app: string
  /** The header `dpop`. */
  readonly proof: string | null
  readonly method: string
  readonly url: string
  readonly token: string
}

const Bound = z.object({ cnf: z.object({ jkt: z.string().min(1) }) })

/** What a public key may have; a private one has more. */
const PublicKey = z.record(z.enum(['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use']), z.string().optional())

const Claims = z.object({
  jti: z.string().min(1).max(256),
  htm: z.string(),
  htu: z.string(),
  ath: z.string(),
  iat: z.number(),
})

/**
 * The thumbprint of the key that a token is bound to (RFC 9449 §6.1); `undefined` when whoever holds it may use it. Of
 * a token that is bound in another way, such as to a certificate (RFC 8705), it is empty: no key of a proof fits.
 */
export function boundKey({ claims }: Principal): string | undefined {
  return claims.cnf === undefined ? undefined : (Bound.safeParse(claims).data?.cnf.jkt ?? '')
}

/**
 * Checks that whoever sends a bound token holds its key (RFC 9449 §4.3): the proof is signed by that key, a
 * minute old at most, made for this method, this address and this token, and was never shown before.
 *
 * @param thumbprint of the key that the token is bound to
 * @returns why it proves nothing, for the log; `undefined` when it does
 * @throws when the store of used proofs is away
 */
export async function unproven(
  { app, proof, method, url, token }: ProvenRequest,
  thumbprint: string,
  { claims, clock }: Pick<Ports, 'claims' | 'clock'>,
): Promise<string | undefined> {
  if (proof === null) return 'no proof'
  const opened = openCompact(proof, ['jwk'])
  if (typeof opened === 'string') return opened
  const { alg } = opened.header
  if (!isAlgorithm(alg)) return 'the proof is signed by no algorithm that is known'
  const jwk = PublicKey.safeParse(opened.header.jwk)
  if (!jwk.success || jwk.data.kty !== algorithmRow(alg).kty) return 'the proof brings no public key that fits'
  try {
    const key = jwk.data as Parameters<typeof importJWK>[0]
    if ((await calculateJwkThumbprint(key)) !== thumbprint)
      return 'the proof is by another key than the token is bound to'
    const { payload } = await jwtVerify(proof, await importJWK(key, alg), {
      algorithms: [alg],
      typ: 'dpop+jwt',
      maxTokenAge: proofSeconds,
      clockTolerance: clockSkewSeconds,
      currentDate: clock.now(),
    })
    const { jti, htm, htu, ath } = Claims.parse(payload)
    if (htm !== method) return 'the proof is for another method'
    if (plain(htu) !== plain(url)) return 'the proof is for another address'
    if (ath !== (await hashOf(token))) return 'the proof is for another token'
    const id = await sha256Hex(utf8Bytes(`dpop ${thumbprint} ${jti}`))
    const holdMs = (proofSeconds + 2 * clockSkewSeconds) * 1000
    const claim = await claims.claim({ region: anyRegion, app }, id, 'dpop', holdMs)
    return claim.kind === 'claimed' ? undefined : 'the proof was shown before'
  } catch (error) {
    if (error instanceof errors.JOSEError) return `${error.code}: ${error.message}`
    if (error instanceof z.ZodError) return z.prettifyError(error)
    throw error
  }
}

/** An address without query and fragment, as RFC 3986 §6.2 makes addresses comparable. */
function plain(url: string): string | undefined {
  const parsed = URL.parse(url)
  return parsed ? parsed.origin + parsed.pathname : undefined
}

async function hashOf(token: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8Bytes(token))))
}
