import { homeMailbox, mailboxOf, mintEventId } from '#core/delivery/event-id.ts'
import type { ReplayView } from '#core/delivery/replay.ts'
import type { Mailboxes } from '#core/ports.ts'
import { anyRegion } from '#core/residency/regions.ts'
import { addressesOf, contentsOf, type Holders, listed } from './holders.ts'
import type { PauseTold } from './mailbox/owner.ts'
import type { MailboxStub } from './mailboxes.ts'

type OfApp = Pick<
  Mailboxes,
  | 'list'
  | 'contents'
  | 'pause'
  | 'resume'
  | 'remind'
  | 'paused'
  | 'countReplay'
  | 'startReplay'
  | 'showReplay'
  | 'cancelReplay'
>

/** What is asked of an app, and so of all its mailboxes. */
export function mailboxesOfApp(holders: Holders): OfApp {
  const { home: at, regions } = holders
  const all = (app: string) => addressesOf(app, holders)

  async function fromAll<Result>(app: string, ask: (mailbox: MailboxStub) => Promise<Result>): Promise<Result[]> {
    return Promise.all((await all(app)).map(address => ask(at(address))))
  }

  /** Shard 0 before the others are counted: one that is new meanwhile copies its pauses. One mailbox tells the owner. */
  async function switched(
    app: string,
    reason: string | undefined,
    act: (mailbox: MailboxStub, told?: PauseTold) => Promise<void>,
  ): Promise<void> {
    const told = reason === undefined ? undefined : { mailbox: homeMailbox(app), reason }
    await Promise.all(regions.map(region => act(at(homeMailbox(app, region)), region === anyRegion ? told : undefined)))
    const others = (await all(app)).filter(({ shard }) => shard > 0)
    await Promise.all(others.map(address => act(at(address))))
  }

  async function replayOf(id: string, ask: (mailbox: MailboxStub) => Promise<ReplayView | undefined>) {
    const { app } = mailboxOf(id) ?? {}
    if (app === undefined) return undefined
    return summed((await fromAll(app, ask)).filter(view => view !== undefined))
  }

  return {
    list: (app, filter, page) => listed(app, filter, page, holders),
    contents: (app, page) => contentsOf(app, page, holders),

    pause: (app, source, reason) => switched(app, reason, (mailbox, told) => mailbox.pause(source, told)),
    resume: (app, source, reason) => switched(app, reason, (mailbox, told) => mailbox.resume(source, told)),
    remind: (app, reminder) => at(homeMailbox(app)).remind(homeMailbox(app), reminder),
    /** Every pause is of all mailboxes, so any one can tell. */
    paused: (app, sources) => at(homeMailbox(app)).paused(sources),

    async countReplay(app, order) {
      const counts = await fromAll(app, mailbox => mailbox.countReplay(order))
      return counts.reduce((sum, count) => sum + count, 0)
    },

    /** Each mailbox sends at its share of the rate, by how much of the whole it holds. */
    async startReplay(app, order) {
      const addresses = await all(app)
      const counted = await Promise.all(
        addresses.map(async address => ({ address, count: await at(address).countReplay(order) })),
      )
      const total = counted.reduce((sum, { count }) => sum + count, 0)
      const home = homeMailbox(app)
      const id = mintEventId(home, new Date())
      const parts = total === 0 ? [{ address: home, count: 1 }] : counted.filter(({ count }) => count > 0)
      const views = await Promise.all(
        parts.map(({ address, count }) => {
          const perSecond = (order.perSecond * count) / Math.max(1, total)
          return at(address).startReplay(id, { ...order, perSecond })
        }),
      )
      const view = summed(views)
      if (!view) throw new Error(`the replay ${id} started nowhere`)
      return view
    },
    showReplay: id => replayOf(id, mailbox => mailbox.showReplay(id)),
    cancelReplay: id => replayOf(id, mailbox => mailbox.cancelReplay(id)),
  }
}

/** One replay in several mailboxes: it runs while one of them runs. */
function summed(views: readonly ReplayView[]): ReplayView | undefined {
  const [first, ...others] = views
  if (!first) return undefined
  return others.reduce(
    (sum, view) => ({
      id: sum.id,
      state: [sum, view].map(({ state }) => state).sort((one, other) => rank[one] - rank[other])[0] ?? sum.state,
      matched: sum.matched + view.matched,
      sent: sum.sent + view.sent,
      skipped: sum.skipped + view.skipped,
      delivered: sum.delivered + view.delivered,
      dead: sum.dead + view.dead,
    }),
    first,
  )
}

const rank = { running: 0, cancelled: 1, done: 2 } as const satisfies Record<ReplayView['state'], number>
