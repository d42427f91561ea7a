import * as z from 'zod'
import { approve, proposalFor } from '#core/manifest/approve.ts'
import { call, Reason, Why } from './call.ts'
import { Shown, shown } from './publishing.ts'

const Approval = z.strictObject({
  reason: Why,
  signature: z.string().max(4096).optional().describe('a compact JWS by a key of APPROVERS_JWKS'),
})

/** `/admin/v1/apps/{app}/revisions/{digest}/…`: the second person's word on what waits. */
export const approvals = [
  call(
    {
      method: 'post',
      path: '/apps/{app}/revisions/{digest}/approve',
      role: 'approver',
      does: 'Puts in force what somebody else proposed.',
      body: Approval,
      answers: { 200: Shown },
    },
    async ({ params: { app, digest }, operator, body: { reason, signature } }, ports) => {
      const proposal = await proposalFor(app, digest, ports)
      const published = await approve(proposal, { approver: operator.subject, signature }, ports)
      const { publishedBy } = proposal.order
      const { change, pointer } = published.publication
      const facts = { change, digest, sequence: pointer.sequence }
      const granted = { ...facts, publishedBy, reasons: proposal.reasons }
      const done = proposal.order.isRollback ? 'app.rolled_back' : 'app.published'
      await ports.audit.recordAll(app, [
        { type: 'app.approval.granted', actor: operator.subject, app, reason, facts: granted },
        { type: done, actor: publishedBy, app, reason: proposal.order.reason, facts },
      ])
      return [200, shown(published)]
    },
  ),
  call(
    {
      method: 'post',
      path: '/apps/{app}/revisions/{digest}/reject',
      role: 'approver',
      does: 'Turns down what somebody proposed; it no longer waits.',
      body: Reason,
      answers: { 200: z.object({ app: z.string(), digest: z.string() }) },
    },
    async ({ params: { app, digest }, operator, body: { reason } }, ports) => {
      const { order } = await proposalFor(app, digest, ports)
      await ports.switchboard.withdraw(app, digest)
      const facts = { digest, publishedBy: order.publishedBy }
      await ports.audit.record({ type: 'app.approval.denied', actor: operator.subject, app, reason, facts })
      return [200, { app, digest }]
    },
  ),
]
