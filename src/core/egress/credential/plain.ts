import { encode, utf8Bytes } from '#core/encoding.ts'
import type { CredentialAs } from '#core/manifest/egress-credential.ts'
import type { Injected, Kind, Outgoing } from './kind.ts'

/** `Authorization: Bearer` (RFC 6750). */
export const bearer: Kind<CredentialAs<'bearer'>> = {
  needsBody: () => false,
  inject: (_, [secret], outgoing) => withHeader(outgoing, 'authorization', 'Bearer ', secret?.reveal() ?? ''),
}

/** A header of the vendor's own. */
export const header: Kind<CredentialAs<'header'>> = {
  needsBody: () => false,
  inject: ({ name, prefix }, [secret], outgoing) => withHeader(outgoing, name, prefix, secret?.reveal() ?? ''),
}

/** `Authorization: Basic` (RFC 7617), in UTF-8. */
export const basic: Kind<CredentialAs<'basic'>> = {
  needsBody: () => false,
  inject({ user }, [secret], outgoing) {
    const text = secret?.reveal() ?? ''
    const pair = user === undefined ? text : `${user}:${text}`
    const injected = withHeader(outgoing, 'authorization', 'Basic ', encode(utf8Bytes(pair), 'base64'))
    const password = user === undefined ? pair.slice(pair.indexOf(':') + 1) : text
    return { ...injected, hidden: [...injected.hidden, pair, password || pair.replace(/:$/, '')] }
  },
}

/** A parameter of the query. Parameters of that name that the app sent are replaced; the others stay byte for byte. */
export const query: Kind<CredentialAs<'query'>> = {
  needsBody: () => false,
  inject({ name }, [secret], { url, headers }) {
    const text = secret?.reveal() ?? ''
    const others = url.search
      .slice(1)
      .split('&')
      .filter(pair => pair !== '' && !new URLSearchParams(pair).has(name))
    const proven = new URL(url.href)
    proven.search = [...others, new URLSearchParams([[name, text]])].join('&')
    return { url: proven, headers: new Headers(headers), hidden: [text] }
  },
}

function withHeader({ url, headers }: Outgoing, name: string, prefix: string, text: string): Injected {
  const proven = new Headers(headers)
  proven.set(name, prefix + text)
  return { url, headers: proven, hidden: [text] }
}
