import { expect, it } from 'vitest'
import { termsOf } from '#core/delivery/terms.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { documentOf } from '../../support/manifests.ts'

function termsFor(source: Readonly<Record<string, unknown>>, spec: Readonly<Record<string, unknown>> = {}) {
  const webhooks = { own: { scheme: 'stripe', secrets: ['current'], path: '/hooks', ...source } }
  const manifest = Manifest.parse(documentOf({ webhooks, ...spec }))
  const own = manifest.spec.webhooks.own
  if (!own) throw new Error('no source')
  return termsOf(own, manifest)
}

it('a source that says nothing gets the defaults of the manifest', () => {
  expect(termsFor({})).toEqual({
    concurrency: 10,
    timeoutMs: 15_000,
    retry: { attempts: 12, baseSeconds: 5, maxSeconds: 21_600, maxAgeSeconds: 259_200 },
    breaker: { failurePercent: 50, minRequests: 20, windowSeconds: 30, openSeconds: 30 },
    retentionDays: 14,
  })
})

it('what a source and its app say reaches the mailbox word for word', () => {
  const retry = { attempts: 3, baseSeconds: 1, maxSeconds: 2, maxAgeSeconds: 9 }
  const delivery = { concurrency: 2, perSecond: 0.5, timeoutMs: 100 }
  const breaker = { failurePercent: 90, minRequests: 5, windowSeconds: 60, openSeconds: 7 }
  expect(termsFor({ retry, delivery, retentionDays: 90 }, { breaker })).toEqual({
    ...delivery,
    retry,
    breaker,
    retentionDays: 90,
  })
})

it('the terms travel as JSON without loss, since a mailbox keeps them as text', () => {
  for (const terms of [termsFor({}), termsFor({ delivery: { perSecond: 5 } })])
    expect(JSON.parse(JSON.stringify(terms))).toEqual(terms)
})
