import type { Rate } from '#core/manifest/limits-schema.ts'
import type { Hold, Row } from './difference.ts'
import { wayTo } from './egress.ts'
import { atMost, guardsAt, guardsOf, holds } from './guards.ts'

/** How much may pass, how fast, how large. */
export const limitRows: readonly Row[] = [
  {
    area: 'limits',
    guards: ({ spec: { limits } }) =>
      guardsAt('the app', [
        ...rateHolds(limits.rate),
        ...atMost('at once', limits.concurrency),
        ...limits.quota.flatMap(({ limit, per }) => atMost(`in a ${per}`, limit)),
        ...atMost('a body', limits.bodyBytes, 'bytes'),
        ...holds('nothing passes while limits cannot be counted', limits.onError === 'closed'),
      ]),
  },
  {
    area: 'limits',
    guards: ({ routes }) =>
      guardsOf(
        routes,
        name => `calls of ${name}`,
        ({ bodyBytes, cost, idempotency, timeoutMs }) => [
          ...atMost('a body', bodyBytes, 'bytes'),
          ...(cost > 1 ? [{ name: 'counts', level: cost, shown: `as ${cost}` }] : []),
          ...holds('an Idempotency-Key', idempotency === 'required'),
          ...atMost('time to answer', timeoutMs, 'ms'),
        ],
      ),
  },
  {
    area: 'limits',
    guards: ({ spec }) =>
      Object.entries(spec.webhooks).flatMap(([name, { limits, toleranceSeconds, dedupe }]) =>
        guardsAt(`webhooks of ${name}`, [
          ...rateHolds(limits.rate),
          ...atMost('age of a signature', toleranceSeconds ?? 300, 's'),
          ...(dedupe.windowHours
            ? [{ name: 'duplicates are known', level: dedupe.windowHours, shown: `${dedupe.windowHours} h` }]
            : []),
          ...holds('equal bytes under a new id are a duplicate', dedupe.by !== 'id'),
        ]),
      ),
  },
  {
    area: 'limits',
    guards: ({ ways }) =>
      guardsOf(ways, wayTo, ({ budget, rate, concurrency, timeoutMs, maxBytes, followRedirects }) => [
        ...atMost('requests a day', budget.requestsPerDay),
        ...atMost('bytes a day', budget.bytesPerDay),
        ...atMost('US dollars a day', budget.usdPerDay),
        ...(rate ? rateHolds([{ ...rate, name: '', per: 'app' }]) : []),
        ...atMost('at once', concurrency),
        ...atMost('time to answer', timeoutMs, 'ms'),
        ...atMost('an answer', maxBytes, 'bytes'),
        ...holds('redirects are left to the app', !followRedirects),
      ]),
  },
]

/** Whose requests are counted together is part of the name: counted by caller, many callers may do what one may not. */
function rateHolds(rates: readonly Pick<Rate, 'name' | 'limit' | 'windowSeconds' | 'per'>[]): Hold[] {
  return rates.map(({ name, limit, windowSeconds, per }) => ({
    name: `rate ${name} per ${per}`.replace('  ', ' '),
    level: -limit / windowSeconds,
    shown: `${limit} in ${windowSeconds} s`,
  }))
}
