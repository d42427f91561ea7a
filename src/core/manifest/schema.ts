import * as z from 'zod'
import { Hosts } from '#core/hosts/schema.ts'
import { AppName, RegionName, SecretName, SourceName } from '#core/names.ts'
import { onAnyObject } from '#core/on-any-object.ts'
import { Residency } from '#core/residency/schema.ts'
import { Api } from './api-schema.ts'
import { Egress } from './egress-schema.ts'
import { Workloads } from './identity-schema.ts'
import { Limits } from './limits-schema.ts'
import { MaskingRule } from './masking-schema.ts'
import { Rollout } from './rollout-schema.ts'
import { WebhookSource } from './webhook-schema.ts'

export const stages = ['prototype', 'sandbox', 'validated', 'production', 'maintenance', 'decommission'] as const

const Text = z.string().min(1).max(256)

const Lifecycle = z
  .strictObject({
    stage: z.enum(stages),
    ttlDays: z.int().min(1).max(365).optional().describe('Lifetime from publication; 60 unless said otherwise'),
    expiresAt: z
      .union([z.iso.date(), z.iso.datetime({ offset: true })], {
        error: 'must be a date such as 2027-02-28, or a time of RFC 3339',
      })
      .optional()
      .describe('End of life, instead of ttlDays'),
  })
  .refine(({ ttlDays, expiresAt }) => ttlDays === undefined || expiresAt === undefined, {
    path: ['expiresAt'],
    error: 'give ttlDays or expiresAt, not both',
    ...onAnyObject,
  })

/** When the app counts as down, over all its sources, and how long it is then left alone. */
const Breaker = z.strictObject({
  failurePercent: z.int().min(1).max(100).default(50),
  minRequests: z.int().min(1).max(10_000).default(20),
  windowSeconds: z.int().min(1).max(600).default(30),
  openSeconds: z.int().min(1).max(3_600).default(30),
})

/** Where the owner hears of dead letters, of the breaker and of pauses. */
const Notify = z.strictObject({
  url: z.string().max(2048).describe('Where the messages go: https, or http on loopback in the local environment'),
  secret: SecretName.describe('The whsec_ key that they are signed with'),
})

/**
 * One app's declaration. A field stands here only when the gateway enforces it, so no manifest can ask
 * for a protection it does not get; `labels` and the names under `owner` describe and protect nothing.
 */
export const Manifest = z.strictObject({
  apiVersion: z.literal('gatehouse/v1'),
  kind: z.literal('MicroApp'),
  metadata: z.strictObject({
    name: AppName,
    labels: z.record(z.string().min(1).max(63), z.string().max(256)).default({}),
  }),
  spec: z
    .strictObject({
      owner: z.strictObject({ user: Text, team: Text, contact: Text, notify: Notify.optional() }),
      lifecycle: Lifecycle,
      hosts: Hosts.describe('Hosts on which the app answers by itself: there every path is its own'),
      residency: Residency.optional().describe('Where payloads may rest and be sent; absent: anywhere'),
      upstreams: z
        .array(
          z.strictObject({
            name: z.enum(['stable', 'canary']),
            region: RegionName.optional().describe('Where it stands'),
            url: z.string().max(2048),
          }),
        )
        .min(1)
        .max(16)
        .refine(upstreams => upstreams.some(({ name }) => name === 'stable'), { error: 'must hold one named stable' })
        .describe('Where the app really lives: one, or one in each region, and the next release beside it'),
      webhooks: z
        .record(SourceName, WebhookSource)
        .refine(sources => Object.keys(sources).length <= 50, { error: 'more than 50 sources' })
        .default({}),
      identity: Workloads.describe('Workloads that may have a token of this app at /token'),
      api: Api.optional().describe('How the app is called; a way in, as webhooks are'),
      egress: Egress.describe('Where the app may go; nowhere unless it stands here'),
      signing: z
        .strictObject({ secrets: z.array(SecretName).min(1).max(4) })
        .optional()
        .describe('The whsec_ keys with which deliveries are signed for the app'),
      limits: Limits.prefault({}),
      masking: z
        .strictObject({
          request: MaskingRule.optional().describe('Of callers of the API'),
          response: MaskingRule.optional().describe('Of the app to callers'),
        })
        .prefault({}),
      rollout: Rollout.optional(),
      breaker: Breaker.prefault({}),
      policies: z.record(z.string(), z.strictObject({ mode: z.enum(['enforce', 'shadow', 'off']) })).default({}),
    })
    .superRefine(({ upstreams, rollout }, { addIssue }) => {
      const isThere = Array.isArray(upstreams) && upstreams.some(({ name }) => name === 'canary')
      const complain = (path: string, message: string, remedy: string) =>
        addIssue({ code: 'custom', path: [path], input: rollout, message, params: { remedy } })
      if (rollout && !isThere)
        complain('rollout', 'has no upstream named canary', 'Add the upstream, or remove `rollout`.')
      if (!rollout && isThere)
        complain('upstreams', 'hold a canary that nothing sends to', 'Add `rollout`, or remove the canary.')
    }, onAnyObject)
    .refine(({ webhooks, api }) => api !== undefined || Object.keys(webhooks ?? {}).length > 0, {
      path: ['webhooks'],
      error: 'must name at least one source where there is no `api`: an app needs a way in',
      ...onAnyObject,
    })
    .superRefine(({ api, limits }, { addIssue }) => {
      for (const [index, { cost }] of (api?.routes ?? []).entries()) {
        const named = limits?.quota?.map(({ per, limit }) => ({ name: per, limit })) ?? []
        const small = [...(limits?.rate ?? []), ...named].find(({ limit }) => limit < cost)
        if (!small) continue
        const message = `is more than the limit ${small.name} ever lets through`
        const remedy = `Lower it, or raise ${small.name} above ${small.limit}.`
        addIssue({ code: 'custom', path: ['api', 'routes', index, 'cost'], input: cost, message, params: { remedy } })
      }
    }, onAnyObject),
})

export type Manifest = z.infer<typeof Manifest>
