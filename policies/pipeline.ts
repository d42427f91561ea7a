import { Pipeline } from '#core/pipeline/pipeline.ts'
import { addressLimit } from './address-limit.ts'
import { allowList } from './allow-list.ts'
import { answerSchema } from './answer-schema.ts'
import { apiRoute } from './api-route.ts'
import { apiSchema } from './api-schema.ts'
import { appToken } from './app-token.ts'
import { bearerToken } from './bearer-token.ts'
import { bodySize } from './body-size.ts'
import { budget } from './budget.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { concurrency } from './concurrency.ts'
import { credential } from './credential.ts'
import { expiry } from './expiry.ts'
import { filter } from './filter.ts'
import { fleetRules } from './fleet-rules.ts'
import { idempotency } from './idempotency.ts'
import { killSwitch } from './kill-switch.ts'
import { lifecycle } from './lifecycle.ts'
import { modelGuards } from './model-guards.ts'
import { piiMasking } from './pii-masking.ts'
import { quota } from './quota.ts'
import { rateLimit } from './rate-limit.ts'
import { registered } from './registered.ts'
import { residency } from './residency.ts'
import { rollout } from './rollout.ts'
import { route } from './route.ts'
import { sandbox } from './sandbox.ts'
import { schema } from './schema.ts'
import { scopes } from './scopes.ts'
import { target } from './target.ts'
import { wayConcurrency } from './way-concurrency.ts'
import { wayRate } from './way-rate.ts'
import { webhookSignature } from './webhook-signature.ts'

/** What every request from outside meets, top to bottom. A deny ends the walk. */
export const inbound = new Pipeline({
  admit: [registered, killSwitch, expiry, route, apiRoute, addressLimit, bodySize], // may this come in at all?   memory only
  identify: [webhookSignature, bearerToken], //    who is calling?            crypto
  authorize: [lifecycle, scopes, fleetRules], //   may they do this?
  limit: [rateLimit, concurrency, quota], //       had they their share?      counters
  inspect: [filter, schema, apiSchema, residency, idempotency, piiMasking, answerSchema], // what are they sending?    reads the body
  steer: [rollout, circuitBreaker], //             where does it go?
})

/** What every request of an app to the outside meets. */
export const outbound = new Pipeline({
  identify: [appToken], //                         which app is this?
  admit: [registered, killSwitch, expiry, lifecycle, target, fleetRules, bodySize],
  authorize: [allowList, sandbox, residency], //   may it go there?
  limit: [rateLimit, wayRate, wayConcurrency, budget], // had it its share?
  inspect: [piiMasking, modelGuards], //           what does it send?
  steer: [credential], //                          with what does it prove itself?
})

/** What a redirect meets: it is judged like a new request; the app and its own limits were met before. */
export const redirected = new Pipeline({
  authorize: [fleetRules, allowList, sandbox, residency],
  limit: [wayRate, wayConcurrency, budget],
})

/** What a workload meets that asks for a token of its app. */
export const exchange = new Pipeline({
  admit: [registered, killSwitch, expiry, lifecycle],
})

/** What an event meets before each attempt, with the entry of that moment. A deny holds it back; it does not die. */
export const delivery = new Pipeline({
  admit: [registered, killSwitch, expiry],
  steer: [residency],
})

/** Every policy by name, and whether a manifest is forbidden to weaken it. */
export const policyNames: ReadonlyMap<string, boolean> = new Map(
  [inbound, outbound, exchange, delivery].flatMap(pipeline =>
    pipeline.policies.map(policy => [policy.name, policy.isMandatory] as const),
  ),
)
