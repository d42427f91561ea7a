import { celName, type PolicyEngine } from '#core/fleet/engine.ts'
import { VerifiedTokens } from '#core/identity/verified-tokens.ts'
import type { Taking } from '#core/limits/rates.ts'
import { BodyBudget } from '#core/pipeline/body.ts'
import type { Ports } from '#core/ports.ts'
import type { Standing } from '#core/steer/judge.ts'

/** What a policy says to the log: what it would have denied, masked or guarded. */
export interface Said {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Ports through which nothing is taken, counted, kept, fetched or logged. */
export interface DryRun {
  readonly ports: Ports
  /** What only a side effect could have told since this was last asked: a verdict that rests on it is none. */
  readonly unanswered: () => string[]
  /** What went to the log since this was last asked. */
  readonly said: () => Said[]
}

/**
 * The gateway's ports in a form that only looks. Limits, slots and claims are looked up where they are counted;
 * secrets and issuers' keys are those that are known without asking anybody outside. Whatever else a policy
 * might reach for throws.
 *
 * @param standing how the app's upstreams stand
 */
export function dryRun(ports: Ports, standing: Standing | undefined): DryRun {
  let open: string[] = []
  let lines: Said[] = []
  const unknown = (what: string) => {
    open.push(what)
    return new Error(what)
  }
  const unlessAway = <Result>(what: string, work: Promise<Result>) =>
    work.catch(() => {
      throw unknown(`${what} did not answer`)
    })

  const dry: Ports = {
    settings: ports.settings,
    clock: ports.clock,
    registry: ports.registry,
    hosts: ports.hosts,
    switches: ports.switches,
    bodies: new BodyBudget(),
    background: work => void work.catch(() => {}),
    log: { write: (_, event, fields) => void lines.push({ event, fields }) },
    counters: only('counters', { count: () => {}, observe: () => {} }),
    audit: only('audit', { tally: () => {} }),
    fleetRules: {
      atPublish: () => [],
      async atRequest() {
        const engines = await ports.fleetRules.atRequest()
        return engines.map(engine => (engine.name === celName ? engine : asking(engine.name)))
      },
    },
    strikes: { blockedMs: ports.strikes.blockedMs, note: () => {} },
    secrets: { find: peeked, peek: peeked },
    rates: {
      look: ports.rates.look,
      recall: ports.rates.recall,
      giveBack: () => {},
      async take(counter, rule, units): Promise<Taking> {
        const { remaining, resetMs } = await unlessAway('the store of the limits', ports.rates.look(counter, rule))
        return remaining >= units
          ? { kind: 'granted', remaining: remaining - units, resetMs }
          : { kind: 'refused', remaining, resetMs }
      },
    },
    slots: {
      look: ports.slots.look,
      recall: ports.slots.recall,
      async enter(pool, limit) {
        const free = await unlessAway('the store of the slots', ports.slots.look(pool, limit))
        return free > 0 ? { kind: 'entered', free: free - 1, leave: () => {} } : { kind: 'full' }
      },
    },
    claims: only('claims', {
      async claim(place, id, fingerprint) {
        const found = await unlessAway('the store of idempotency keys', ports.claims.look(place, id, fingerprint))
        return found ?? { kind: 'claimed', token: '' }
      },
    }),
    standings: only('standings', {
      waitMs: (_, upstream) => {
        if (!standing) throw unknown('how upstreams stand is not known')
        return Math.max(0, (standing.openUntilMs[upstream] ?? 0) - ports.clock.now().getTime())
      },
      isCalledOff: async ({ digest }) => {
        if (!standing) throw unknown('how the canary stands is not known')
        return standing.calledOff === digest
      },
    }),
    appTokens: ports.appTokens.afresh(),
    verifiedTokens: new VerifiedTokens(),
    disownedTokens: new VerifiedTokens(),
    keySets: {
      recall: ports.keySets.recall.bind(ports.keySets),
      // only what was verified a moment ago is asked about, and here nothing was
      holds: () => false,
      async find(source, kid, algorithm) {
        const known = await ports.keySets.recall(source, kid, algorithm)
        if (known) return known
        unknown(`${source.issuer} would be asked for this key`)
        return { kind: 'unreachable' }
      },
      async introspectionEndpoint({ issuer }) {
        unknown(`${issuer} would be asked about the token`)
        return undefined
      },
    },
    upstreams: {
      fetch: async url => {
        throw unknown(`${new URL(url).host} would be asked`)
      },
    },
    archive: only('archive'),
    digests: only('digests'),
    discoveries: only('discoveries'),
    health: only('health'),
    mailboxes: only('mailboxes'),
    payloads: only('payloads'),
    places: only('places'),
    registryStore: only('registryStore'),
    rounds: only('rounds'),
    shadows: only('shadows', { note: () => {} }),
    checks: only('checks'),
    secretStore: only('secretStore'),
    spills: only('spills'),
    switchboard: only('switchboard'),
  }
  return {
    ports: dry,
    unanswered: () => taken(open, () => (open = [])),
    said: () => taken(lines, () => (lines = [])),
  }

  function asking(name: string): PolicyEngine {
    return {
      name,
      judge() {
        unknown(`${name} would be asked`)
        return []
      },
    }
  }

  async function peeked(app: string, name: string) {
    return ports.secrets.peek(app, name).catch(() => {
      throw unknown(`the secret ${name} cannot be looked up without side effects`)
    })
  }
}

/** A port of which nothing else may be used: a policy that comes to need more fails here until it is thought of. */
function only<Name extends keyof Ports>(name: Name, allowed: Partial<Ports[Name]> = {}): Ports[Name] {
  return new Proxy(allowed as Ports[Name] & object, {
    get(target, member) {
      if (member in target) return Reflect.get(target, member)
      throw new Error(`an explanation may not use ${name}.${String(member)}`)
    },
  })
}

function taken<Item>(items: Item[], clear: () => void): Item[] {
  clear()
  return items
}
