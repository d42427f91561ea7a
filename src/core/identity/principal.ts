/** By how much the clocks of an issuer and of the gateway may differ. */
export const clockSkewSeconds = 30

/** Who a request is from, as a verified token says. */
export interface Principal {
  readonly issuer: string
  readonly subject: string
  /** From `scope` or `scp` (RFC 8693 §4.2, RFC 9068 §2.2.3). */
  readonly scopes: readonly string[]
  /** Every claim of the token; for rules that read one, never for the log. */
  readonly claims: Readonly<Record<string, unknown>>
}
