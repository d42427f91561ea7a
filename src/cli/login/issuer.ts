import { stripVTControlCharacters } from 'node:util'
import * as z from 'zod'
import { exitCodes, Failure } from '../output.ts'

/** One answer may take so long. */
const timeoutMs = 10_000

/** Where an issuer takes what (RFC 8414 §2, RFC 8628 §4). */
const Metadata = z.object({
  issuer: z.string(),
  token_endpoint: z.string(),
  device_authorization_endpoint: z.string().optional(),
  revocation_endpoint: z.string().optional(),
})

export type IssuerMetadata = z.infer<typeof Metadata>

/** What a gateway says of where its operators sign in (RFC 9728 §2). */
const Protected = z.object({ authorization_servers: z.array(z.string()).min(1), gatehouse_audience: z.string() })

/** An OAuth answer: the status and its members, whatever they are. */
export interface Answer {
  readonly ok: boolean
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Where the operators of a gateway sign in, as it says itself.
 *
 * @throws Failure when they sign in nowhere, or it does not answer
 */
export async function signInOf(gateway: string): Promise<{ readonly issuer: string; readonly audience: string }> {
  const { ok, body } = await get(`${gateway}/.well-known/oauth-protected-resource/admin/v1`)
  const said = Protected.safeParse(body)
  if (!ok || !said.success) {
    throw new Failure(
      `Nobody signs in at ${gateway}: it has no ADMIN_ISSUER. Set one there, or name --issuer and --audience.`,
      exitCodes.usage,
    )
  }
  return { issuer: said.data.authorization_servers[0] ?? '', audience: said.data.gatehouse_audience }
}

/**
 * What an issuer says of itself: its OpenID Connect discovery document, else its OAuth metadata. It must name the
 * very issuer, and lead nowhere but to https; on loopback to http too.
 *
 * @throws Failure
 */
export async function metadataOf(issuer: string): Promise<IssuerMetadata> {
  assertSafe(issuer)
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
  for (const place of places) {
    const { ok, body } = await get(place)
    const metadata = Metadata.safeParse(body)
    if (!ok || !metadata.success) continue
    if (metadata.data.issuer !== issuer)
      throw new Failure(`${place} is of another issuer: ${plain(metadata.data.issuer)}, not ${issuer}.`)
    const { token_endpoint, device_authorization_endpoint, revocation_endpoint } = metadata.data
    for (const url of [token_endpoint, device_authorization_endpoint, revocation_endpoint]) if (url) assertSafe(url)
    return metadata.data
  }
  throw new Failure(`${issuer} has no discovery document: ${places.join(' and ')} were asked.`)
}

/**
 * Sends a form to an issuer.
 *
 * @throws Failure when nothing answers
 */
export function post(url: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  return asked(url, { method: 'POST', body: new URLSearchParams(form) })
}

/** A text of the other side, as it may stand on a terminal. */
export function plain(text: unknown): string {
  const printable = stripVTControlCharacters(String(text)).replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, '')
  return printable.slice(0, 300)
}

/** What an issuer says went wrong (RFC 6749 §5.2). */
export function errorText({ body }: Answer): string {
  const { error = 'it says nothing that can be read', error_description } = body
  return error_description === undefined ? plain(error) : `${plain(error)} (${plain(error_description)})`
}

function get(url: string): Promise<Answer> {
  return asked(url, {})
}

async function asked(url: string, init: RequestInit): Promise<Answer> {
  const headers = { accept: 'application/json' }
  try {
    const response = await fetch(url, { ...init, headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
    const body: unknown = await response.json().catch(() => undefined)
    return { ok: response.ok, body: z.record(z.string(), z.unknown()).catch({}).parse(body) }
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
    throw new Failure(`No answer from ${new URL(url).origin}: ${cause?.code ?? message}.`, exitCodes.unreachable)
  }
}

function assertSafe(url: string): void {
  const { protocol, hostname } = URL.parse(url) ?? {}
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname ?? '')
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback))
    throw new Failure(`${plain(url)} is not https: a token would travel for everyone to read.`)
}
