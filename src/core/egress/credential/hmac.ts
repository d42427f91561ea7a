import { encode, utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import type { CredentialAs } from '#core/manifest/egress-credential.ts'
import { hmacKey } from '#core/webhook/hmac-key.ts'
import type { Kind, Outgoing } from './kind.ts'

/** A request signed with HMAC (RFC 2104) over a template of its parts, in a header. */
export const hmac: Kind<CredentialAs<'hmac'>> = {
  needsBody: ({ signed }) => signed.includes('{body}'),

  async inject({ name, prefix, algorithm, encoding, signed, timestamp }, [secret], outgoing, { clock }) {
    const key = secret && (await hmacKey(secret, { algorithm, secret: 'utf8' }))
    if (!secret || !key) throw new Fault('secret-missing', `secret ${secret?.name} is empty`)
    const seconds = String(Math.floor(clock.now().getTime() / 1000))
    const message = await new Blob(
      signed.split(/(\{[^}]*\})/).map(part => written(part, outgoing, seconds)),
    ).arrayBuffer()
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, message))
    const headers = new Headers(outgoing.headers)
    headers.set(name, prefix + encode(signature, encoding))
    if (timestamp) headers.set(timestamp, seconds)
    return { url: outgoing.url, headers, hidden: [secret.reveal()] }
  },
}

function written(part: string, { method, url, body }: Outgoing, seconds: string): Uint8Array<ArrayBuffer> {
  const values: Readonly<Record<string, string>> = {
    '{method}': method,
    '{host}': url.host,
    '{path}': url.pathname,
    '{query}': url.search.slice(1),
    '{url}': url.href,
    '{timestamp}': seconds,
  }
  if (part === '{body}') return body ?? new Uint8Array()
  return utf8Bytes(values[part] ?? part)
}
