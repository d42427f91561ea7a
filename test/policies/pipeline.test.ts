import { describe, expect, it } from 'vitest'
import { delivery, inbound, outbound, policyNames } from '#policies/pipeline.ts'

/** What the design lets no manifest weaken, in the gateway's own spelling. */
const mandatory = [
  'registered',
  'killSwitch',
  'expiry',
  'lifecycle',
  'route',
  'addressLimit',
  'bodySize',
  'webhookSignature',
  'bearerToken',
  'appToken',
  'target',
  'scopes',
  'residency',
  'credential',
  'fleetRules',
]

describe('the pipelines', () => {
  it('meet cheap policies before costly ones, and every policy once at each door', () => {
    expect(inbound.policies.map(({ name }) => name)).toEqual([
      'registered',
      'killSwitch',
      'expiry',
      'route',
      'route',
      'addressLimit',
      'bodySize',
      'webhookSignature',
      'bearerToken',
      'lifecycle',
      'scopes',
      'fleetRules',
      'rateLimit',
      'concurrency',
      'quota',
      'filter',
      'schema',
      'schema',
      'residency',
      'idempotency',
      'piiMasking',
      'responseSchema',
      'rollout',
      'circuitBreaker',
    ])
    expect(outbound.policies.map(({ name }) => name)).toEqual([
      'appToken',
      'registered',
      'killSwitch',
      'expiry',
      'lifecycle',
      'target',
      'fleetRules',
      'bodySize',
      'allowList',
      'sandbox',
      'residency',
      'rateLimit',
      'rateLimit',
      'concurrency',
      'budget',
      'piiMasking',
      'modelGuards',
      'credential',
    ])
    expect(delivery.policies.map(({ name }) => name)).toEqual(['registered', 'killSwitch', 'expiry', 'residency'])
  })

  it('know every policy by name', () => {
    for (const { name } of [...inbound.policies, ...outbound.policies, ...delivery.policies])
      expect(policyNames.has(name)).toBe(true)
  })

  it('bind mandatory policies whatever a manifest says', () => {
    for (const [name, isMandatory] of policyNames)
      if (mandatory.includes(name)) expect([name, isMandatory]).toEqual([name, true])
  })
})
