import type { Scheme } from './scheme.ts'

/** Standard Webhooks v1; Svix is the same under its own header names. */
const standard = (prefix: string) =>
  ({
    algorithm: 'hmac-sha256',
    secret: 'whsec',
    signature: { header: `${prefix}-signature`, separator: ' ', prefix: 'v1,', encoding: 'base64' },
    signed: '{id}.{timestamp}.{body}',
    timestamp: { header: `${prefix}-timestamp` },
    ids: [{ header: `${prefix}-id`, signed: true }],
    dedupeHours: 72,
  }) as const satisfies Scheme

/**
 * The vendors, one row each. Facts are from the pages named; a new vendor is a new row and a vector in
 * `test/vectors/webhooks/`.
 */
export const schemes = {
  /** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
  'standard-webhooks': standard('webhook'),

  /** https://docs.svix.com/receiving/verifying-payloads/how-manual */
  svix: standard('svix'),

  /** https://docs.stripe.com/webhooks#verify-manually: retried for up to three days. */
  stripe: {
    algorithm: 'hmac-sha256',
    secret: 'utf8',
    signature: { header: 'stripe-signature', separator: ',', prefix: 'v1=', encoding: 'hex' },
    signed: '{timestamp}.{body}',
    timestamp: { prefix: 't=' },
    ids: [{ pointer: '/id', signed: true }],
    dedupeHours: 72,
  },

  /** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries: redelivery within three days. */
  github: {
    algorithm: 'hmac-sha256',
    secret: 'utf8',
    signature: { header: 'x-hub-signature-256', prefix: 'sha256=', encoding: 'hex' },
    signed: '{body}',
    ids: [{ header: 'x-github-delivery', signed: false }],
    dedupeHours: 72,
    deadlineMs: 10_000,
    alsoSecret: ['x-hub-signature'],
  },

  /** https://api.slack.com/authentication/verifying-requests-from-slack: three retries within the hour. */
  slack: {
    algorithm: 'hmac-sha256',
    secret: 'utf8',
    signature: { header: 'x-slack-signature', prefix: 'v0=', encoding: 'hex' },
    signed: 'v0:{timestamp}:{body}',
    timestamp: { header: 'x-slack-request-timestamp' },
    ids: [{ pointer: '/event_id', signed: true }],
    dedupeHours: 24,
    deadlineMs: 3_000,
    handshake: { when: { pointer: '/type', equals: 'url_verification' }, echo: '/challenge' },
  },

  /**
   * https://shopify.dev/docs/apps/build/webhooks/subscribe/https: eight retries within four hours. One
   * merchant action has one event id under every topic it touches, so the topic scopes the id.
   */
  shopify: {
    algorithm: 'hmac-sha256',
    secret: 'utf8',
    signature: { header: 'x-shopify-hmac-sha256', prefix: '', encoding: 'base64' },
    signed: '{body}',
    ids: [
      { header: 'x-shopify-event-id', scope: 'x-shopify-topic', signed: false },
      { header: 'x-shopify-webhook-id', signed: false },
    ],
    dedupeHours: 48,
    deadlineMs: 5_000,
  },
} as const satisfies Record<string, Scheme>

export type VendorScheme = keyof typeof schemes
