import { env } from 'cloudflare:workers'
import { noteColo } from '#platform/colo.ts'
import { courier } from '#platform/courier.ts'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { burials } from '#routes/burials.ts'
import { checkup } from '#routes/checkup.ts'
import { deliveries } from '#routes/deliveries.ts'
import { atHosts } from '#routes/hosts.ts'
import { doors } from '#routes/index.ts'
import { notices } from '#routes/notices.ts'
import { reminders } from '#routes/reminders.ts'
import { spills } from '#routes/spills.ts'
import { sweep } from '#routes/sweep.ts'

export { AuditChainObject as AuditChain } from '#platform/audit/chain.ts'
export { ClaimsObject as Claims } from '#platform/idempotency/object.ts'
export { RateCounterObject as RateCounter } from '#platform/limits/rate-counter.ts'
export { SlotCounterObject as SlotCounter } from '#platform/limits/slot-counter.ts'
export { MailboxObject as Mailbox } from '#platform/mailbox/object.ts'
export { MeterObject as Meter } from '#platform/meter.ts'
export { SiblingObject as Sibling } from '#platform/sibling.ts'
export { SwitchboardObject as Switchboard } from '#platform/switchboard/board.ts'
export { SwitchboardReplicaObject as SwitchboardReplica } from '#platform/switchboard/replica.ts'

const ports = portsFrom(env as unknown as Env & Record<string, unknown>)
const app = atHosts(doors(ports), ports)

export const Courier = courier({
  deliver: consignments => deliveries(consignments, ports),
  tell: messages => notices(messages, ports),
})

export default {
  fetch(request) {
    noteColo(request)
    return app.fetch(request)
  },
  queue: batch => (batch.queue.startsWith('spill') ? spills(batch, ports) : burials(batch, ports)),
  scheduled: async () => void (await Promise.allSettled([reminders(ports), sweep(ports), checkup(ports)])),
} satisfies ExportedHandler
