import canonicalize from 'canonicalize'
import { encode, utf8Bytes } from '#core/encoding.ts'

/** What is recorded, by the names that the audit log gives it. */
export const auditTypes = [
  'app.published',
  'app.proposed',
  'app.approval.granted',
  'app.approval.denied',
  'app.removed',
  'app.rolled_back',
  'app.purged',
  'app.egress',
  'app.masked',
  'payload.read',
  'payload.purged',
  'policy.broken',
  'policy.published',
  'replay.started',
  'replay.cancelled',
  'replay.event',
  'secret.resealed',
  'secret.sealed',
  'switch.killed',
  'switch.revived',
  'switch.quarantined',
  'switch.released',
  'switch.paused',
  'switch.resumed',
] as const

export type AuditType = (typeof auditTypes)[number]

/** Something that somebody did, before it has a place in a chain. Facts are never secrets or payloads. */
export interface AuditFact {
  readonly type: AuditType
  /** The app whose chain it belongs to; absent for what concerns the fleet. */
  readonly app?: string
  /** `sub` of whoever did it. */
  readonly actor: string
  readonly reason?: string
  readonly facts?: Readonly<Record<string, unknown>>
}

/**
 * One link: a CloudEvent (1.0.2, structured mode) with its number and the hash of the link before it as
 * extension attributes.
 */
export interface AuditRecord {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  /** RFC 3339. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** From 1, without a gap. */
  readonly auditseq: number
  /** Of the record before; zeros for the first. */
  readonly prevhash: string
  readonly data: Readonly<Record<string, unknown>>
}

/** What stands before the first record. */
export const noHash = `sha256:${'0'.repeat(64)}`

/** The chain of what belongs to no app. */
export const fleetChain = '-'

/** The record that continues a chain. */
export function recordOf(
  { type, app, actor, reason, facts }: AuditFact,
  previous: { readonly seq: number; readonly hash: string },
  about: { readonly id: string; readonly time: string; readonly environment: string },
): AuditRecord {
  const subject = app === undefined ? 'fleet' : `app/${app}`
  return {
    specversion: '1.0',
    id: about.id,
    source: `/registry/${about.environment}`,
    type,
    subject,
    time: about.time,
    datacontenttype: 'application/json',
    auditseq: previous.seq + 1,
    prevhash: previous.hash,
    data: { event: type, ...(app && { app }), actor, timestamp: about.time, ...(reason && { reason }), ...facts },
  }
}

/** SHA-256 of a record's canonical JSON (RFC 8785), as `sha256:<hex>`. */
export async function hashOf(record: unknown): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', utf8Bytes(canonicalize(record) ?? ''))
  return `sha256:${encode(new Uint8Array(digest), 'hex')}`
}
