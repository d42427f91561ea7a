import type { Consignment } from '#core/delivery/event.ts'
import type { Notice } from '#core/owner/notice.ts'
import type { AuditChainObject } from './audit/chain.ts'
import type { ClaimsObject } from './idempotency/object.ts'
import type { RateCounterObject } from './limits/rate-counter.ts'
import type { SlotCounterObject } from './limits/slot-counter.ts'
import type { MailboxObject } from './mailbox/object.ts'
import type { MeterObject } from './meter.ts'
import type { SiblingObject } from './sibling.ts'
import type { SwitchboardObject } from './switchboard/board.ts'
import type { SwitchboardReplicaObject } from './switchboard/replica.ts'

/** What wrangler.toml binds. Variables and Worker secrets stand beside these as plain strings. */
export interface Env {
  readonly REGISTRY: KVNamespace
  readonly PAYLOADS: R2Bucket
  readonly ENVIRONMENT: string
  /** The setting that says which further bindings stand in which region. */
  readonly REGIONS?: unknown
  readonly MAILBOX: Objects<MailboxObject>
  readonly SIBLING: Objects<SiblingObject>
  readonly METER: Objects<MeterObject>
  readonly CLAIMS: Objects<ClaimsObject>
  readonly SLOTS: Objects<SlotCounterObject>
  readonly RATES: Objects<RateCounterObject>
  readonly COURIER: {
    deliver(consignments: readonly Consignment[]): Promise<void>
    tell(notices: readonly Notice[]): Promise<void>
  }
  readonly DEAD_LETTERS: Queue
  readonly AUDIT: Objects<AuditChainObject>
  readonly SIGNING_KEYS?: string
  readonly SPILL: Queue
  readonly SWITCHBOARD: Objects<SwitchboardObject>
  readonly SWITCHBOARD_REPLICA: Objects<SwitchboardReplicaObject>
  readonly SWITCHBOARD_REPLICAS?: string
  /** One machine's way out: what a plain `fetch` does, less the emulator's own worker in between. */
  readonly NETWORK?: Fetcher
}

/** A namespace of Durable Objects as far as we use it. Cloudflare's own type loses unions and tuples over RPC. */
export interface Objects<Target> {
  getByName(name: string, options?: { locationHint: DurableObjectLocationHint }): Stub<Target>
  jurisdiction(name: DurableObjectJurisdiction): Objects<Target>
}

type Stub<Target> = {
  [Method in keyof Target]: Target[Method] extends (...input: infer Input) => infer Output
    ? (...input: Input) => Promise<Awaited<Output>>
    : never
}
