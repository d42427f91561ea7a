import { AwsV4Signer } from 'aws4fetch'
import type { CredentialAs } from '#core/manifest/egress-credential.ts'
import type { Kind } from './kind.ts'

/** What an SDK that signs by itself has written; the gateway signs afresh. */
const signedByApp = ['x-amz-date', 'x-amz-security-token']

/** AWS Signature Version 4, in the `Authorization` header. S3 is signed without its body, which may be large. */
export const sigv4: Kind<CredentialAs<'sigv4'>> = {
  needsBody: ({ service }, headers) => service !== 's3' && !headers.has('x-amz-content-sha256'),

  async inject({ accessKeyId, region, service }, [secret, session], { method, url, headers, body }, { clock }) {
    const own = new Headers(headers)
    for (const name of signedByApp) own.delete(name)
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: own,
      ...(body && { body }),
      accessKeyId,
      secretAccessKey: secret?.reveal() ?? '',
      ...(session && { sessionToken: session.reveal() }),
      region,
      service,
      datetime: clock
        .now()
        .toISOString()
        .replace(/[:-]|\.\d{3}/g, ''),
    })
    const signed = await signer.sign()
    const hidden = [secret, session].flatMap(part => (part ? [part.reveal()] : []))
    return { url: signed.url, headers: signed.headers, hidden }
  },
}
