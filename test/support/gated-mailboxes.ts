import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Acceptance, IncomingEvent } from '#core/delivery/event.ts'
import { homeMailbox, mailboxName } from '#core/delivery/event-id.ts'
import type { Mailboxes, Ports } from '#core/ports.ts'
import type { Env } from '#platform/env.ts'
import { durableMailboxes } from '#platform/mailboxes.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { r2Spills } from '#platform/spills-r2.ts'
import { recordingPorts } from './ports.ts'

/** How a mailbox is reached: not at all; or so that it does what it is asked, and the answer is lost. */
export type Reach = 'there' | 'away' | 'silent'

/** An event that a mailbox has taken, or found to be a duplicate, whatever the caller heard of it. */
export interface Taken {
  readonly shard: number
  readonly event: IncomingEvent
  readonly acceptance: Acceptance
}

/** The mailboxes of one app, over several shards, with real siblings, a real bucket, and a queue in the test's hands. */
export interface GatedMailboxes {
  readonly ports: Ports
  readonly mailboxes: Mailboxes
  /** By shard; `there` unless said otherwise. */
  readonly reach: Map<number, Reach>
  /** Shards whose siblings do not answer. */
  readonly siblingsAway: Set<number>
  /** What has come to the mailboxes since somebody looked last. */
  readonly taken: Taken[]
  /** Messages in the queue. */
  readonly messages: unknown[]
  siblingOf(shard: number): DurableObjectStub
  /** A sibling's process dies, and with it what it had only in memory. */
  crashSibling(shard: number): Promise<void>
  /** @returns whether there was an alarm to go off */
  wakeSibling(shard: number): Promise<boolean>
}

type Call = (...all: unknown[]) => Promise<unknown>

export async function gatedMailboxes(app: string, shards: number): Promise<GatedMailboxes> {
  const bindings = env as unknown as Env
  const reach = new Map<number, Reach>()
  const siblingsAway = new Set<number>()
  const taken: Taken[] = []
  const messages: unknown[] = []

  const gate = (shard: number, name: string, call: Call): Call => {
    if (name !== 'accept' && name !== 'glance') return call
    return async (...all) => {
      const how = reach.get(shard) ?? 'there'
      if (how === 'away') throw new Error('away')
      const answer = await call(...all)
      if (name === 'accept') taken.push({ shard, event: all[0] as IncomingEvent, acceptance: answer as Acceptance })
      if (how === 'silent' && name === 'accept') throw new Error('the answer was lost')
      return answer
    }
  }
  const gateSibling = (shard: number, name: string, call: Call): Call =>
    ['shelter', 'glance'].includes(name) && siblingsAway.has(shard) ? () => Promise.reject(new Error('away')) : call

  const gated = {
    ...bindings,
    MAILBOX: behind(bindings.MAILBOX, gate),
    SIBLING: behind(bindings.SIBLING, gateSibling),
    SPILL: { send: async (message: unknown) => void messages.push(message) },
  } as unknown as Env
  const siblingOf = (shard: number) => env.SIBLING.getByName(mailboxName({ ...homeMailbox(app), shard }))
  /** A sibling hands over through the same gate. */
  const lead = (shard: number) =>
    runInDurableObject(siblingOf(shard), instance => {
      const own = instance as unknown as { env: object }
      own.env = { ...own.env, MAILBOX: gated.MAILBOX }
    })
  for (let shard = 0; shard < shards; shard++) await lead(shard)

  const mailboxes = durableMailboxes(gated)
  const payloads = r2Payloads(bucketsOf(bindings))
  return {
    ...{ mailboxes, reach, siblingsAway, taken, messages, siblingOf },
    ports: recordingPorts({ mailboxes, payloads, spills: r2Spills(gated, true) }).ports,
    async crashSibling(shard) {
      await runInDurableObject(siblingOf(shard), (_, state) => state.abort('crash')).catch(() => undefined)
      await lead(shard)
    },
    wakeSibling: shard => runDurableObjectAlarm(siblingOf(shard)),
  }
}

/** A namespace whose objects' calls go through a gate. */
function behind<Namespace extends object>(
  namespace: Namespace,
  gate: (shard: number, name: string, call: Call) => Call,
): Namespace {
  const getByName = (name: string) => {
    const stub = (namespace as { getByName(name: string): object }).getByName(name)
    const shard = Number(name.split('~')[2])
    return new Proxy(stub, {
      get(target, method: string) {
        const call: Call = (...all) => (target as Record<string, Call>)[method]?.(...all) ?? Promise.resolve()
        return gate(shard, method, call)
      },
    })
  }
  return { ...namespace, getByName } as Namespace
}
