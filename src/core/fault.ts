/** Who can mend it: the caller of an API, the app behind the gate, the vendor that pushed, or whoever runs the gateway. */
export type Blame = 'caller' | 'app' | 'vendor' | 'gateway'

export interface FaultRow {
  readonly status: number
  readonly blame: Blame
  readonly title: string
  /** What whoever is to blame does about it; shown to them. */
  readonly remediation: string
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number
  /** The challenge of RFC 9110 §11.6.1; becomes `WWW-Authenticate`. */
  readonly challenge?: string
}

/** Every refusal the gateway makes: one row each. A code joins in the change that first returns it. */
export const faults = {
  'app-unknown': {
    status: 404,
    blame: 'caller',
    title: 'No such app',
    remediation: 'Check the app name in the URL. The owner publishes the app with `gatehouse push`.',
  },
  'app-killed': {
    status: 503,
    blame: 'gateway',
    title: 'The app has been stopped by an operator',
    remediation: 'Wait until an operator revives the app; its owner knows why it was stopped.',
    retryAfterSeconds: 60,
  },
  'app-expired': {
    status: 410,
    blame: 'app',
    title: 'The app has reached the end of its lifetime',
    remediation: 'The owner publishes the manifest again with `--renew`, or retires the caller.',
  },
  'source-unknown': {
    status: 404,
    blame: 'vendor',
    title: 'The app has no such webhook source',
    remediation: 'Check the last part of the URL against `spec.webhooks` in the manifest.',
  },
  'signature-missing': {
    status: 401,
    blame: 'vendor',
    title: 'The signature, or the id or timestamp it covers, is missing',
    remediation: 'Send the headers that the scheme signs with; docs/webhooks.md lists them for each scheme.',
  },
  'signature-mismatch': {
    status: 401,
    blame: 'vendor',
    title: 'No signature in the request matches',
    remediation: 'Sign the exact bytes of the body with a secret that the manifest lists under `secrets`.',
  },
  'timestamp-outside': {
    status: 401,
    blame: 'vendor',
    title: 'The timestamp is too old, too new, or no timestamp',
    remediation: 'Sign each attempt afresh and keep the clock right; `toleranceSeconds` says how far it may be off.',
  },
  'secret-missing': {
    status: 503,
    blame: 'gateway',
    title: 'A secret that the gateway needs is not in place',
    remediation: 'An operator sets the secret that the manifest names; the log says which.',
    retryAfterSeconds: 60,
  },
  'route-unknown': {
    status: 404,
    blame: 'caller',
    title: 'No such path',
    remediation: 'Check the URL against the documentation of the gateway or of the app.',
  },
  'method-denied': {
    status: 405,
    blame: 'caller',
    title: 'This path does not take that method',
    remediation: 'Use a method that the `Allow` header lists.',
  },
  'rate-exceeded': {
    status: 429,
    blame: 'caller',
    title: 'Too many requests',
    remediation:
      'Send it again after the time in `Retry-After`; `RateLimit` says how much is left, and when there is more.',
  },
  'quota-exceeded': {
    status: 429,
    blame: 'caller',
    title: 'The quota of the app is used up',
    remediation: 'Send it again after the time in `Retry-After`, when the day or month of UTC is over.',
  },
  'concurrency-exceeded': {
    status: 429,
    blame: 'caller',
    title: 'Too many requests of the app are under way',
    remediation: 'Send it again once an earlier request has its answer.',
  },
  'idempotency-missing': {
    status: 400,
    blame: 'caller',
    title: 'The route requires an Idempotency-Key',
    remediation: 'Send `Idempotency-Key: "<a UUID>"`, the same on every try of one request.',
  },
  'idempotency-conflict': {
    status: 409,
    blame: 'caller',
    title: 'A request with this Idempotency-Key has no answer that could be given again',
    remediation: 'Wait for the answer to the first one; where it has ended, look up what it did.',
  },
  'idempotency-mismatch': {
    status: 422,
    blame: 'caller',
    title: 'This Idempotency-Key was used for another request',
    remediation: 'Use a key for one request only; method, path, query and body must be the same on each try.',
  },
  'body-too-large': {
    status: 413,
    blame: 'caller',
    title: 'The body is larger than the app accepts',
    remediation: 'Send less, or raise `spec.limits.bodyBytes` in the manifest (at most 26214400).',
  },
  'schema-mismatch': {
    status: 422,
    blame: 'vendor',
    title: 'The payload is not what the app accepts',
    remediation:
      'Send what fits the schema of the source or the contract of the API; the log of the gateway names the places that do not.',
  },
  'region-denied': {
    status: 451,
    blame: 'caller',
    title: 'The data may not be kept or sent where this request belongs',
    remediation: 'Name a region that the manifest lists under `spec.residency.regions`.',
  },
  'service-worker-denied': {
    status: 403,
    blame: 'app',
    title: 'No service worker may be installed here',
    remediation: 'The address is shared by all apps. The owner removes the service worker from the pages of the app.',
  },
  'issuer-unreachable': {
    status: 503,
    blame: 'gateway',
    title: 'The issuer of tokens cannot be reached',
    remediation: 'Try again; if it persists, an operator checks the address of the issuer, which the log names.',
    retryAfterSeconds: 5,
  },
  'upstream-unreachable': {
    status: 502,
    blame: 'app',
    title: 'The app could not be reached',
    remediation: 'The owner checks that the upstream in the manifest is up and answers.',
  },
  'upstream-timeout': {
    status: 504,
    blame: 'app',
    title: 'The app did not answer in time',
    remediation: 'The owner answers sooner, or raises the time-out in the manifest.',
  },
  'breaker-open': {
    status: 503,
    blame: 'app',
    title: 'The app is down and is left alone for a while',
    remediation: 'Try again after the time in `Retry-After`. The owner looks at why the app failed.',
    retryAfterSeconds: 30,
  },
  'answer-mismatch': {
    status: 502,
    blame: 'app',
    title: 'The answer of the app is not what its contract says',
    remediation: 'The owner mends the answer or the contract; the log of the gateway names the places that differ.',
  },
  'upstream-failed': {
    status: 502,
    blame: 'app',
    title: 'The app answered with an error',
    remediation: 'The owner looks at the status of each attempt and at the log of the app.',
  },
  'loop-detected': {
    status: 508,
    blame: 'app',
    title: 'The request has passed the gateway too often',
    remediation: 'The owner breaks the circle: an app must not push to a hook that ends at itself.',
  },
  'masking-failed': {
    status: 502,
    blame: 'gateway',
    title: 'Personal data could not be masked, so nothing was sent',
    remediation: 'Send a body that can be read: whole, uncompressed, UTF-8. The log says what could not be masked.',
  },
  'content-type-denied': {
    status: 415,
    blame: 'caller',
    title: 'A body of this type cannot be masked',
    remediation: 'Send JSON, a form, multipart or text, or have the owner set `unknown: pass` in the masking rule.',
  },
  'entry-invalid': {
    status: 503,
    blame: 'gateway',
    title: 'The registry entry of the app cannot be used',
    remediation: 'An operator publishes the app again; the log says what is wrong with the entry.',
    retryAfterSeconds: 30,
  },
  overloaded: {
    status: 503,
    blame: 'gateway',
    title: 'The gateway cannot take this now',
    remediation: 'Send it again after the time in `Retry-After`; nothing was kept.',
    retryAfterSeconds: 5,
  },
  'egress-denied': {
    status: 403,
    blame: 'app',
    title: 'The app may not go there',
    remediation: 'The owner adds a rule to `spec.egress`; the log and `gatehouse egress check` name the closest one.',
  },
  'fleet-rule-denied': {
    status: 403,
    blame: 'caller',
    title: 'A rule of the operator denies this request',
    remediation: 'Ask whoever runs the gateway: its log names the rule under the request id, and what the rule wants.',
  },
  'egress-target-invalid': {
    status: 400,
    blame: 'app',
    title: 'The target is no URL that the gateway fetches',
    remediation:
      'Call /egress/<host>/<path>, or /egress with a full https URL in `gatehouse-target`, written as it is to be fetched.',
  },
  'manifest-refused': {
    status: 422,
    blame: 'app',
    title: 'The manifest is refused',
    remediation: 'Mend every fault listed and publish again.',
  },
  'token-missing': {
    status: 401,
    blame: 'caller',
    title: 'A bearer token is required',
    remediation: 'Send `Authorization: Bearer <token>`.',
    challenge: 'Bearer',
  },
  'token-invalid': {
    status: 401,
    blame: 'caller',
    title: 'The bearer token is not valid here',
    remediation: 'Get a token from the issuer that this gateway trusts, for its audience.',
    challenge: 'Bearer error="invalid_token"',
  },
  'token-expired': {
    status: 401,
    blame: 'caller',
    title: 'The bearer token has expired',
    remediation: 'Get a new token; on one machine, restarting `npm start` mints one.',
    challenge: 'Bearer error="invalid_token"',
  },
  'scope-missing': {
    status: 403,
    blame: 'caller',
    title: 'The token lacks a scope that this route needs',
    remediation: 'Ask the issuer for a token with the scopes that `WWW-Authenticate` lists.',
  },
  'stage-denied': {
    status: 403,
    blame: 'caller',
    title: 'The app is not released yet',
    remediation:
      'It is open to the team of its owner alone, by a token that names the team, until it is in production.',
  },
  'role-missing': {
    status: 403,
    blame: 'caller',
    title: 'The token carries no role that may do this',
    remediation:
      'Ask whoever runs the identity provider for the role that docs/admin-api.md names; an author needs the team of the app.',
  },
  'approval-own': {
    status: 403,
    blame: 'caller',
    title: 'Nobody approves what they published',
    remediation: 'Have another approver look at it and approve it.',
  },
  'request-invalid': {
    status: 400,
    blame: 'caller',
    title: 'The request is not what this call takes',
    remediation: 'Mend the fields listed in `faults`.',
  },
  'app-in-use': {
    status: 409,
    blame: 'caller',
    title: 'Something still depends on the app',
    remediation: 'See `faults` for what does, and what to do about it; an operator may force it.',
  },
  'not-found': {
    status: 404,
    blame: 'caller',
    title: 'No such thing',
    remediation: 'Check the id; events are purged when their retention ends.',
  },
  internal: {
    status: 500,
    blame: 'gateway',
    title: 'The gateway failed',
    remediation: 'Try again; if it persists, give the operator the request id.',
  },
} as const satisfies Record<string, FaultRow>

export type FaultCode = keyof typeof faults

/** The row of a code, as the wide type, for readers that walk the table. */
export function faultRow(code: FaultCode): FaultRow {
  return faults[code]
}

/** One thing wrong with an input, in words its author can act on. */
export interface Problem {
  readonly file?: string
  readonly line?: number
  /** Where in the document: `spec.owner.user`. */
  readonly path: string
  readonly reason: string
  readonly remedy: string
  /** The fleet rule that it breaks, and whose rule that is. */
  readonly rule?: string
  readonly layer?: string
}

/** A refusal on its way out of code that cannot return one. `detail` is for the log, never for strangers. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly detail: string
  readonly problems: readonly Problem[]
  /** What the answer carries beside the code, such as a challenge. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: FaultCode,
    detail: string,
    problems: readonly Problem[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(`${code}: ${detail}`)
    this.code = code
    this.detail = detail
    this.problems = problems
    this.headers = headers
  }
}
