import { Fault } from '#core/fault.ts'
import { fleetName, newerFleet } from '#core/fleet/stored.ts'
import type { FleetTrust } from '#core/fleet/trust.ts'
import { keys } from '#core/keys.ts'
import { Pointer } from '#core/manifest/entry.ts'
import type { Clock, Counters, Log, Registry, RegistryStore, Switchboard, Switches } from '#core/ports.ts'
import type { SwitchSource } from '#core/switches/known.ts'
import { whenKnown } from '#core/when-known.ts'
import { within } from '#core/within.ts'
import { nearest } from '../colo.ts'
import type { Env } from '../env.ts'
import type { StoredRegistry } from '../registry-kv.ts'
import { boardName, replicaName } from './replica.ts'
import { isServed } from './table.ts'

/** How long a replica may take to say what was published lately; then KV alone must do. */
const answerMs = 300
/** How long an operator's change may take: the board waits 2 s for its replicas. */
const changeMs = 5_000

type Bindings = Pick<Env, 'SWITCHBOARD' | 'SWITCHBOARD_REPLICA' | 'SWITCHBOARD_REPLICAS' | 'REGISTRY'>

/** Where this isolate hears of switches. */
export function switchSource(env: Bindings, isStorageTrusted: boolean): SwitchSource {
  return {
    news: since => replicaOf(env).news(since),
    async lasting() {
      if (!isStorageTrusted) throw new TypeError('nobody signs what KV keeps of the switches')
      return (await env.REGISTRY.get(keys.switches, 'json')) ?? []
    },
  }
}

/** Storage that knows of recent publications before KV does. */
export function freshStore(
  store: StoredRegistry,
  env: Bindings,
  { clock, log, counters }: { readonly clock: Clock; readonly log: Log; readonly counters: Counters },
  trust: FleetTrust,
): RegistryStore {
  const heard = async <Told>(what: string, ask: (replica: ReturnType<typeof replicaOf>) => Promise<Told>) => {
    try {
      return { told: await within(answerMs, ask(replicaOf(env))) }
    } catch (error) {
      counters.count('-', 'switchboard_away_total')
      log.write('error', 'switchboard-away', { about: what, detail: String(error) })
      return undefined
    }
  }
  const boardRow = (app: string) => heard(app, replica => replica.row(app))
  const published = async (app: string) => {
    const recent = (await boardRow(app))?.told?.published
    return isServed(recent, clock.now().getTime()) ? recent : undefined
  }
  const newest: RegistryStore['newest'] = async app => {
    const [row, stored] = await Promise.all([boardRow(app), store.pointer(app)])
    const { published: last, sequence = 0 } = row?.told ?? {}
    const recent = isServed(last, clock.now().getTime()) ? last : undefined
    const known = Pointer.safeParse(stored)
    const pointer =
      recent && !(known.success && known.data.sequence > recent.pointer.sequence) ? recent.pointer : stored
    return { pointer, highest: row && sequence }
  }
  return {
    ...store,
    async fleet() {
      const [row, stored] = await Promise.all([boardRow(fleetName), store.fleet()])
      const { published: last, sequence = 0 } = row?.told ?? {}
      const fleet = last && isServed(last, clock.now().getTime()) ? newerFleet(last, stored) : stored
      const fault = await trust.fault(fleet, row && sequence)
      if (fault) throw new Fault('entry-invalid', `the fleet rules ${fault}`)
      return fleet
    },
    newest,
    pointer: async app => (await newest(app)).pointer,
    async revision(app, digest) {
      const stored = await store.revision(app, digest)
      if (stored !== undefined) return stored
      const recent = await published(app)
      return recent?.revision.digest === digest ? recent.revision : undefined
    },
    async ownerOf(key) {
      const asked = heard(key, replica => replica.ownerOf(key))
      const [recent, stored] = await Promise.all([asked, store.ownerOf(key)])
      return recent?.told ?? stored
    },
  }
}

/**
 * When a secret was last sealed, and the secret itself if that was within the last minutes.
 *
 * @throws Error when nobody can be asked
 */
export async function lastSeal(env: Bindings, app: string, name: string) {
  const { sealed } = (await within(answerMs, replicaOf(env).row(app))) ?? {}
  const last = sealed?.[name]
  if (!last) return undefined
  const { sealedAt, secret } = last
  return { sealedAt, ...(secret && isServed(last, Date.now()) && { secret }) }
}

/** A registry that is asked only once the switches are known: what they say is new is then read again. */
export function switchedRegistry(registry: Registry, switches: Switches): Registry {
  return {
    ...registry,
    find: app => whenKnown(switches.find(app), () => registry.find(app)),
    remembers: app => registry.remembers(app),
  }
}

/** The one board on which operators turn switches. */
export function durableSwitchboard({ SWITCHBOARD }: Bindings): Switchboard {
  const board = () => SWITCHBOARD.getByName(boardName)
  return {
    turn: (app, turn) => within(changeMs, board().turn(app, turn)),
    async publish({ app, pointer, revision, belongings }) {
      const result = await within(changeMs, board().publish(app, { pointer, revision, belongings }))
      return 'sequence' in result ? { behind: result.sequence } : result
    },
    remove: (app, turn) => within(changeMs, board().remove(app, turn)),
    propose: proposal => within(changeMs, board().propose(proposal)),
    proposal: (app, digest) => within(changeMs, board().proposal(app, digest)),
    proposals: app => within(changeMs, board().proposals(app)),
    withdraw: (app, digest) => within(changeMs, board().withdraw(app, digest)),
    approved: (app, digest) => within(changeMs, board().approved(app, digest)),
    wasApproved: (app, digest) => within(changeMs, board().wasApproved(app, digest)),
    behind: () => within(changeMs, board().behind()),
    raise: (app, sequence) => within(changeMs, board().raise(app, sequence)),
    renew: app => within(changeMs, board().renew(app)),
    async find(app) {
      const row = await within(changeMs, board().row(app))
      const { published, turn, sequence = 0 } = row ?? {}
      return { sequence, ...(turn && { turn }), ...(published && { pointer: published.pointer }) }
    },
  }
}

function replicaOf({ SWITCHBOARD_REPLICA, SWITCHBOARD_REPLICAS }: Bindings) {
  return SWITCHBOARD_REPLICA.getByName(replicaName(nearest(Number(SWITCHBOARD_REPLICAS ?? 3))))
}
