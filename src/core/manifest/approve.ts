import { Fault, type Problem } from '#core/fault.ts'
import { openRevision } from './entry.ts'
import type { Proposal } from './proposal.ts'
import { type Publication, publication } from './publish.ts'
import { assertAllowed, type Needed, type Published, standingOf, written } from './republish.ts'
import type { Manifest } from './schema.ts'
import { entryStatement, signatureFault } from './signed.ts'

/**
 * What waits of an app under a digest.
 *
 * @throws Fault `not-found`
 */
export async function proposalFor(app: string, digest: string, { switchboard }: Needed): Promise<Proposal> {
  const found = await switchboard.proposal(app, digest)
  if (!found) throw new Fault('not-found', `nothing of ${app} waits under ${digest}`)
  return found
}

/**
 * Puts in force what somebody else proposed. All that was asked of it is asked again, since rules may have changed
 * meanwhile; and an approval counts only over what was in force when it was proposed, since that is what the
 * approver was shown.
 *
 * @param signature the approver's, over the statement of the proposal's pointer, where entries must be signed
 * @throws Fault `approval-own`, `request-invalid` for a signature that does not count, `manifest-refused`
 */
export async function approve(
  { app, digest, from, publication: proposed, order }: Proposal,
  { approver, signature }: { readonly approver: string; readonly signature?: string | undefined },
  ports: Needed,
): Promise<Published> {
  if (order.publishedBy === approver) throw new Fault('approval-own', `${approver} published ${app} ${digest}`)
  const manifest = await openRevision(app, digest, proposed.revision)
  if (typeof manifest === 'string') throw new Fault('entry-invalid', manifest)
  const warnings = await assertAllowed(manifest, order.publishedBy, ports)
  const { sequence, previous } = await standingOf(app, ports)
  const { approvers } = ports.settings
  const isPast = approvers !== undefined && sequence >= proposed.pointer.sequence
  if ((previous?.digest ?? null) !== from || isPast) throw overtaken(app)
  if (approvers) await assertSigned(app, proposed, signature, ports)
  const made = approvers
    ? { ...proposed, pointer: { ...proposed.pointer, ...(signature && { signature }) } }
    : await fresh(manifest, proposed, order, { ...ports, previous, sequence })
  const lacking = await written(made, ports)
  if (!lacking) throw overtaken(app)
  await ports.switchboard.approved(app, digest)
  return { kind: 'published', publication: made, order, lacking, warnings }
}

/** Its time begins when it comes into force. */
function fresh(
  manifest: Manifest,
  { revision }: Publication,
  { publishedBy, renew }: Proposal['order'],
  { clock, settings, previous, sequence }: Needed & Awaited<ReturnType<typeof standingOf>>,
): Promise<Publication> {
  const { environment } = settings
  return publication(manifest, revision.manifest, previous, {
    now: clock.now(),
    publishedBy,
    environment,
    renew,
    sequence,
  })
}

async function assertSigned(
  app: string,
  { pointer }: Publication,
  signature: string | undefined,
  { settings }: Needed,
): Promise<void> {
  const statement = entryStatement(app, pointer)
  const fault = settings.approvers && (await signatureFault(signature, statement, settings.approvers))
  if (!fault) return
  const remedy = 'Sign it with a key of APPROVERS_JWKS: gatehouse apps approve --key <file>.'
  throw new Fault('request-invalid', `the entry of ${app} ${fault}`, [{ path: 'signature', reason: fault, remedy }])
}

function overtaken(app: string): Fault {
  const problem: Problem = {
    path: 'spec',
    reason: 'was proposed over another revision than the one that is in force now',
    remedy: 'Publish it again, and have that approved.',
  }
  return new Fault('manifest-refused', `${app} was published meanwhile`, [problem])
}
