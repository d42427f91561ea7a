import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { knownRules } from '#core/fleet/known.ts'
import { putFleetInForce } from '#core/fleet/publish.ts'
import { fleetName } from '#core/fleet/stored.ts'
import { fleetTrust } from '#core/fleet/trust.ts'
import { keys } from '#core/keys.ts'
import { cachedRegistry } from '#core/manifest/cached.ts'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { pointerTrust } from '#core/manifest/trust.ts'
import type { Settings } from '#core/settings/settings.ts'
import { knownSwitches } from '#core/switches/known.ts'
import { consoleLog } from '#platform/console-log.ts'
import type { Env } from '#platform/env.ts'
import type { StoredRegistry } from '#platform/registry-kv.ts'
import { durableSwitchboard, freshStore, switchedRegistry, switchSource } from '#platform/switchboard/port.ts'
import { requestRule } from '../../support/fleet.ts'
import { documentOf } from '../../support/manifests.ts'
import { recordingPorts } from '../../support/ports.ts'
import { eventually } from '../../support/time.ts'

const bindings = env as unknown as Env
const board = () => env.SWITCHBOARD.getByName('board')
const alarm = () => runDurableObjectAlarm(board() as unknown as DurableObjectStub)
const killed = { standing: 'killed', reason: 'leaks', by: 'olga', at: '2026-11-21T08:00:00.000Z' } as const

async function published(app: string, bodyBytes: number, sequence: number) {
  const document = documentOf({ limits: { bodyBytes } }, app)
  const setting = { now: new Date(), publishedBy: 'tess', environment: 'local', renew: false, sequence: sequence - 1 }
  return publication(Manifest.parse(document), document, undefined, setting)
}

/** KV as it looks from far away: what is written shows only after a minute, on the clock of the isolate. */
function staleKv(nowMs: () => number): StoredRegistry {
  const writes: { key: string; value: string; atMs: number }[] = []
  const read = (key: string) => {
    const seen = writes.filter(write => write.key === key && nowMs() - write.atMs >= 60_000).at(-1)
    return Promise.resolve(seen && JSON.parse(seen.value))
  }
  return {
    pointer: app => read(keys.pointer(app)),
    revision: (app, digest) => read(keys.revision(app, digest)),
    write: async items => void writes.push(...items.map(({ key, value }) => ({ key, value, atMs: nowMs() }))),
    apps: async () => ({ apps: [] }),
    endings: async () => ({ endings: [] }),
    ownerOf: async () => undefined,
    fleet: () => read(keys.fleet),
    revisions: async () => [],
    remove: async () => {},
  }
}

/** An isolate of its own: its memory and its clock, the real switchboard, and KV as seen from far away. */
function isolate(kv: (nowMs: () => number) => StoredRegistry, startMs: number) {
  const recorded = recordingPorts({}, new Date(startMs))
  const under: Promise<unknown>[] = []
  const background = (work: Promise<unknown>) => void under.push(work)
  const nowMs = () => recorded.ports.clock.now().getTime()
  const { clock, log } = recorded.ports
  const store = freshStore(kv(nowMs), bindings, recorded.ports, fleetTrust({ environment: 'local' }))
  const cached = cachedRegistry(store, pointerTrust({ environment: 'local', isLocal: true }), clock, log, background)
  const rules = knownRules(store, clock, log, background)
  const renew = (name: string) => (name === fleetName ? rules.renew() : cached.renew(name))
  const switches = knownSwitches(switchSource(bindings, true), renew, recorded.ports, background)
  const registry = switchedRegistry(cached, switches)
  return {
    pass: recorded.pass,
    standing: async (app: string) => switches.find(app),
    async rules() {
      await switches.find('-')
      const fleet = await rules.find()
      await Promise.all(under.splice(0))
      return fleet.rules.map(({ source }) => source.metadata.name).join()
    },
    async cap(app: string) {
      const lookup = await registry.find(app)
      await Promise.all(under.splice(0))
      return lookup.kind === 'found' ? lookup.entry.manifest.spec.limits.bodyBytes : lookup.kind
    },
  }
}

describe('the switchboard', () => {
  it('brings kill, publish, rollback and fleet rules to two isolates within 5 s, while KV stays stale for a minute', async () => {
    const app = 'board-stale'
    const startMs = Date.now()
    const kv = staleKv(() => startMs)
    const isolates = [isolate(() => kv, startMs), isolate(() => kv, startMs)]
    const all = <Seen>(ask: (one: (typeof isolates)[number]) => Promise<Seen>) => Promise.all(isolates.map(ask))
    const switchboard = durableSwitchboard(bindings)
    expect(await all(one => one.cap(app))).toEqual(['unknown', 'unknown'])
    expect(await all(one => one.rules())).toEqual(['', ''])

    /** Seconds until both see it, with a request each second. */
    const seenAfter = async <Seen>(ask: (one: (typeof isolates)[number]) => Promise<Seen>, wanted: Seen) => {
      for (let seconds = 0; seconds <= 10; seconds++) {
        if ((await all(ask)).every(seen => seen === wanted)) return seconds
        for (const one of isolates) one.pass(1000)
      }
      return Number.POSITIVE_INFINITY
    }
    const took: Record<string, number> = {}
    await switchboard.publish(await published(app, 1_000, 1))
    took.publish = await seenAfter(one => one.cap(app), 1_000)
    await switchboard.publish(await published(app, 2_000, 2))
    took.change = await seenAfter(one => one.cap(app), 2_000)
    await switchboard.publish(await published(app, 1_000, 3))
    took.rollback = await seenAfter(one => one.cap(app), 1_000)
    await switchboard.turn(app, killed)
    took.kill = await seenAfter(one => one.standing(app), 'killed')
    const settings = { environment: 'local' } as Settings
    const registryStore = freshStore(kv, bindings, recordingPorts().ports, fleetTrust({ environment: 'local' }))
    const ports = { registryStore, switchboard, settings, clock: { now: () => new Date(startMs) } }
    const rule = requestRule(app, "request.method != 'PUT'", { allows: {}, denies: { request: { method: 'PUT' } } })
    await putFleetInForce([rule], { publishedBy: 'tess' }, ports)
    took.fleet = await seenAfter(one => one.rules(), 'request-rule')
    await putFleetInForce([], { publishedBy: 'tess' }, ports)
    consoleLog.write('info', 'seconds-until-two-isolates-know', took)
    for (const seconds of Object.values(took)) expect(seconds).toBeLessThanOrEqual(5)
  })

  it('answers when every replica has the change', async () => {
    expect(await board().turn('board-all', killed)).toEqual({ lacking: [] })
    for (const name of ['replica-0', 'replica-1', 'replica-2']) {
      expect((await env.SWITCHBOARD_REPLICA.getByName(name).row('board-all'))?.turn).toEqual(killed)
    }
  })

  it('gives a replica that missed changes all of them with the next', async () => {
    await board().turn('board-missed', killed)
    const late = env.SWITCHBOARD_REPLICA.getByName('replica-late')
    await late.receive({ from: 1_000_000, rows: [] })
    expect((await late.row('board-missed'))?.turn).toEqual(killed)
    const { version } = await late.news(0)
    await board().turn('board-after', killed)
    const news = await late.news(version)
    expect(news.changed).toEqual([])
    await late.receive({ from: version + 1, rows: [] })
    expect((await late.news(version)).changed).toMatchObject([{ app: 'board-after', standing: 'killed' }])
  })

  it('refuses a publication that is not the newest', async () => {
    await board().publish('board-order', await published('board-order', 5, 7))
    const older = await published('board-order', 6, 7)
    expect(await board().publish('board-order', older)).toEqual({ sequence: 7 })
  })

  it('knows whose what was published lately is, and forgets it with the publication that gives it up', async () => {
    const replica = env.SWITCHBOARD_REPLICA.getByName('replica-0')
    const publish = async (sequence: number, ...belongings: string[]) =>
      board().publish('board-owner', { ...(await published('board-owner', sequence, sequence)), belongings })
    await publish(1, 'hosts/a.example.com', 'hosts/b.example.com')
    expect(await replica.ownerOf('hosts/a.example.com')).toBe('board-owner')
    await publish(2, 'hosts/b.example.com')
    expect(await replica.ownerOf('hosts/a.example.com')).toBeUndefined()
    await board().renew('board-owner')
    expect(await replica.ownerOf('hosts/b.example.com')).toBe('board-owner')
  })

  it('leaves in KV who is not open, and takes it back', async () => {
    await board().turn('board-kv', killed)
    const copied = () => env.REGISTRY.get<{ app: string; standing: string }[]>(keys.switches, 'json')
    await eventually(async () => {
      await alarm()
      expect(await copied()).toContainEqual(expect.objectContaining({ app: 'board-kv', standing: 'killed' }))
    })
    await board().turn('board-kv', { ...killed, standing: 'open' })
    await eventually(async () => {
      await alarm()
      expect(JSON.stringify(await copied())).not.toContain('board-kv')
    })
  })

  it('is asleep when nothing is left to do', async () => {
    await board().renew('board-idle')
    await eventually(async () => expect(await alarm()).toBe(false), 8_000)
  })
})
