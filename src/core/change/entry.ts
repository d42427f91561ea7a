import canonicalize from 'canonicalize'
import type { Row } from './difference.ts'
import { atMost, guardsAt, guardsOf, holds } from './guards.ts'

const calls = (route: string) => `calls of ${route}`

/** Who may enter: callers and what they must show, pages of other origins, vendors, workloads. */
export const entryRows: readonly Row[] = [
  { area: 'entry', opens: ({ routes }) => routes.map(({ name }) => calls(name)) },
  {
    area: 'entry',
    guards: ({ routes }) =>
      guardsOf(routes, calls, ({ auth, scopes }) =>
        auth === 'none'
          ? []
          : ['a token', ...scopes.map(scope => `the scope ${scope}`)].map(name => ({ name, level: 1 })),
      ),
  },
  {
    area: 'entry',
    opens: ({ spec }) =>
      (spec.api?.issuers ?? []).flatMap(({ issuer, audiences, algorithms, jwksUri, introspection }) => [
        `tokens of ${issuer}`,
        `tokens of ${issuer}, their keys at ${jwksUri ?? 'the address that it publishes'}`,
        ...audiences.map(audience => `tokens of ${issuer} for ${audience}`),
        ...algorithms.map(algorithm => `tokens of ${issuer} signed with ${algorithm}`),
        ...(introspection ? [`tokens that ${introspection.url ?? issuer} vouches for`] : []),
      ]),
  },
  {
    area: 'entry',
    guards: ({ spec }) =>
      (spec.api?.issuers ?? []).flatMap(({ issuer, type, introspection, dpop, maxTokenAgeSeconds }) =>
        guardsAt(`tokens of ${issuer}`, [
          ...holds(`of type ${type}`, type !== undefined),
          ...holds('asked for at the issuer', introspection !== undefined),
          ...holds('bound to a key of the caller', dpop === 'required'),
          ...atMost('age', maxTokenAgeSeconds, 's'),
        ]),
      ),
  },
  {
    area: 'entry',
    opens: ({ spec: { api } }) =>
      (api?.cors?.origins ?? []).flatMap(origin => [
        `calls from pages of ${origin}`,
        ...(api?.cors?.credentials ? [`cookies from pages of ${origin}`] : []),
      ]),
  },
  { area: 'entry', opens: ({ spec }) => spec.hosts.map(host => `calls at the host ${host}`) },
  {
    area: 'entry',
    opens: ({ spec }) =>
      Object.entries(spec.webhooks).map(([name, { scheme, hmac }]) =>
        hmac ? `webhooks of ${name}, signed as ${canonicalize(hmac)}` : `webhooks of ${name}, signed by ${scheme}`,
      ),
  },
  { area: 'entry', opens: ({ spec }) => spec.hosts.map(host => `calls at the host ${host}`) },
  {
    area: 'entry',
    opens: ({ spec }) =>
      spec.identity.map(
        ({ issuer, subject, audience }) => `the workload ${subject} of ${issuer}, for ${audience}, acting as the app`,
      ),
  },
]
