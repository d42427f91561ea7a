import { waitUntil } from 'cloudflare:workers'
import { gatheredDiscoveries } from '#core/api/discoveries.ts'
import { fleetEngines } from '#core/fleet/engines.ts'
import { knownRules } from '#core/fleet/known.ts'
import { opaEngine } from '#core/fleet/opa.ts'
import { fleetName } from '#core/fleet/stored.ts'
import { fleetTrust } from '#core/fleet/trust.ts'
import { cachedHosts } from '#core/hosts/cached.ts'
import { AppTokens } from '#core/identity/app-token.ts'
import { discover } from '#core/identity/discovery.ts'
import { KeySets } from '#core/identity/key-sets.ts'
import { TokenKeys } from '#core/identity/token-keys.ts'
import { VerifiedTokens } from '#core/identity/verified-tokens.ts'
import { leasedRates } from '#core/limits/rates.ts'
import { leasedSlots } from '#core/limits/slots.ts'
import { countedStrikes } from '#core/limits/strikes.ts'
import { cachedRegistry } from '#core/manifest/cached.ts'
import { pointerTrust } from '#core/manifest/trust.ts'
import { BodyBudget } from '#core/pipeline/body.ts'
import type { Health, Ports, Upstreams } from '#core/ports.ts'
import { settingsFrom } from '#core/settings/settings.ts'
import { sharedStandings } from '#core/steer/standings.ts'
import { knownSwitches } from '#core/switches/known.ts'
import { within } from '#core/within.ts'
import { r2Archive } from './archive-r2.ts'
import { durableAudit } from './audit/port.ts'
import { systemClock } from './clock.ts'
import { consoleLog, gatheringLog } from './console-log.ts'
import { meteredCounters } from './counters.ts'
import { workerdDigests } from './digests.ts'
import type { Env } from './env.ts'
import { durableClaims } from './idempotency/claims-durable.ts'
import { kvKeySets } from './key-sets-kv.ts'
import { durableRates } from './limits/rates-durable.ts'
import { upstashRates } from './limits/rates-upstash.ts'
import { durableSlots } from './limits/slots-durable.ts'
import { durableMailboxes } from './mailboxes.ts'
import { meterCourt, meterDiscoveries } from './meter.ts'
import { r2Payloads } from './payloads-r2.ts'
import { assertBound, type Buckets, bucketsOf, regionsOf } from './places.ts'
import { meteredPlaces } from './places-metered.ts'
import { kvRegistry } from './registry-kv.ts'
import { kvChecks, kvRounds } from './rounds-kv.ts'
import { appSecrets } from './secrets/sealed.ts'
import { sealedStore } from './secrets/store.ts'
import { meteredShadows } from './shadows-metered.ts'
import { r2Spills } from './spills-r2.ts'
import { durableSwitchboard, freshStore, switchedRegistry, switchSource } from './switchboard/port.ts'

/** The one place where bindings become ports. Built once per isolate, so what the ports remember outlives a request. */
export function portsFrom(env: Env & Readonly<Record<string, unknown>>): Ports {
  const clock = systemClock
  const settings = settingsFrom(env)
  const log = settings.isLocal ? gatheringLog(waitUntil, () => clock.now().getTime()) : consoleLog
  assertBound(env, settings.regions)
  const buckets = bucketsOf(env)
  const payloads = r2Payloads(buckets)
  const counters = meteredCounters(env, clock, waitUntil)
  const durable = durableRates(env)
  const rateStore = settings.upstash ? upstashRates(settings.upstash, durable) : durable
  const rates = leasedRates(rateStore, clock, counters, log, waitUntil)
  const { NETWORK } = env
  const upstreams: Upstreams = {
    fetch(url, request) {
      // on one machine nobody keeps answers
      if (NETWORK) return NETWORK.fetch(url, request)
      // what one caller gets is nobody else's: Cloudflare would keep answers by their URL alone
      return fetch(url, { ...request, cache: 'no-store' })
    },
  }
  const registryStore = freshStore(kvRegistry(env.REGISTRY), env, { clock, log, counters }, fleetTrust(settings))
  const switchboard = durableSwitchboard(env)
  const registry = cachedRegistry(registryStore, pointerTrust(settings), clock, log, waitUntil, switchboard.raise)
  const secrets = appSecrets(env, { clock, log, counters, ...settings }, waitUntil)
  const learnt = (sequence: number) => (settings.approvers ? switchboard.raise(fleetName, sequence) : undefined)
  const rules = knownRules(registryStore, clock, log, waitUntil, learnt)
  const hosts = cachedHosts(registryStore, registry, { clock, log }, waitUntil)
  const renew = (app: string) => {
    if (app === fleetName) return rules.renew()
    registry.renew(app)
    hosts.renew(app)
    secrets.renew(app)
  }
  const switches = knownSwitches(
    switchSource(env, settings.approvers === undefined),
    renew,
    { clock, log, counters },
    waitUntil,
  )
  return {
    settings,
    clock,
    log,
    counters,
    places: meteredPlaces(env, clock, waitUntil),
    registry: switchedRegistry(registry, switches),
    hosts,
    registryStore,
    fleetRules: fleetEngines(
      rules,
      settings.opa && { engine: opaEngine(settings.opa, { upstreams }), points: settings.opa.points },
    ),
    switches,
    switchboard,
    audit: durableAudit(env, counters, log, waitUntil),
    secrets,
    secretStore: sealedStore(env),
    appTokens: new AppTokens(settings.signing && new TokenKeys(settings.signing), clock),
    claims: durableClaims(env),
    slots: leasedSlots(durableSlots(env), { clock, log, counters }, waitUntil),
    rates,
    strikes: countedStrikes(rates, clock, waitUntil),
    keySets: new KeySets({
      discover: source => discover(source, upstreams, settings),
      store: kvKeySets(env.REGISTRY, settings.keyEncryptionKey),
      ...{ clock, log, counters, background: waitUntil },
    }),
    verifiedTokens: new VerifiedTokens(),
    disownedTokens: new VerifiedTokens(),
    mailboxes: durableMailboxes(env),
    spills: r2Spills(env, !settings.isLocal),
    payloads,
    digests: workerdDigests,
    archive: r2Archive(buckets, payloads),
    discoveries: gatheredDiscoveries(meterDiscoveries(env), clock, log, waitUntil),
    rounds: kvRounds(env.REGISTRY),
    shadows: meteredShadows(env, clock, waitUntil),
    checks: kvChecks(env.REGISTRY),
    standings: sharedStandings(meterCourt(env), clock, counters, log, waitUntil),
    upstreams,
    bodies: new BodyBudget(),
    health: healthOf(env, buckets),
    background: waitUntil,
  }
}

function healthOf({ REGISTRY, METER, ...env }: Env, buckets: Buckets): Health {
  const regions = regionsOf(env)
  const checks: Record<string, () => Promise<unknown>> = {
    REGISTRY: () => REGISTRY.get('apps/-'),
    METER: () => METER.getByName('-').read(),
  }
  for (const [region, bucket] of buckets) checks[regions.get(region)?.bucket ?? 'PAYLOADS'] = () => bucket.head('-')
  return {
    async failing() {
      const results = await Promise.allSettled(Object.values(checks).map(check => within(2_000, check())))
      return Object.keys(checks).filter((_, index) => results[index]?.status === 'rejected')
    },
  }
}
