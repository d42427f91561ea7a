import { approvalReasons } from '#core/change/approval.ts'
import type { Difference } from '#core/change/difference.ts'
import { differences } from '#core/change/differences.ts'
import type { Ports } from '#core/ports.ts'
import { openRevision, type Pointer } from './entry.ts'
import type { Publication } from './publish.ts'
import type { Order } from './republish.ts'
import type { Manifest } from './schema.ts'

/** A manifest that is checked and waits for a second person. */
export interface Proposal {
  readonly app: string
  readonly digest: string
  readonly publication: Publication
  readonly order: Order
  /** The digest that was in force when it was proposed; `null` when none was. */
  readonly from: string | null
  /** RFC 3339. */
  readonly proposedAt: string
  /** Why an approver has to look at it; empty where it only needs a signature. */
  readonly reasons: readonly string[]
  readonly needsSignature: boolean
  readonly differences: readonly Difference[]
}

/** What is kept of a proposal for people: without the manifest, which has its own call. */
export type ProposalView = Omit<Proposal, 'publication' | 'order'> &
  Pick<Order, 'publishedBy' | 'reason'> & { readonly pointer: Pointer }

export function proposalView({ publication, order, ...rest }: Proposal): ProposalView {
  const { publishedBy, reason } = order
  return { ...rest, publishedBy, reason, pointer: publication.pointer }
}

/**
 * What must wait, or `undefined` when a publication may be in force at once. What an approver has approved before may
 * be gone back to without another approval: an app is then mended in minutes.
 */
export async function proposalOf(
  manifest: Manifest,
  publication: Publication,
  previous: Pointer | undefined,
  order: Order,
  { registryStore, switchboard, settings, clock }: Pick<Ports, 'registryStore' | 'switchboard' | 'settings' | 'clock'>,
): Promise<Proposal | undefined> {
  const needsSignature = settings.approvers !== undefined
  if (!settings.requiresApproval && !needsSignature) return undefined
  const { app, pointer } = publication
  const { digest } = pointer
  const before =
    previous && (await openRevision(app, previous.digest, await registryStore.revision(app, previous.digest)))
  const found = differences(typeof before === 'object' ? before : undefined, manifest)
  const isFree = !settings.requiresApproval || (order.isRollback && (await switchboard.wasApproved(app, digest)))
  const reasons = isFree ? [] : approvalReasons(typeof before === 'object' ? before : undefined, manifest, found)
  if (reasons.length === 0 && !needsSignature) return undefined
  return {
    app,
    digest,
    publication,
    order,
    from: previous?.digest ?? null,
    proposedAt: clock.now().toISOString(),
    reasons,
    needsSignature,
    differences: found,
  }
}
