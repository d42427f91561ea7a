import * as z from 'zod'
import { allowListMode } from '#core/egress/finding-out.ts'
import { judge } from '#core/egress/judge.ts'
import { suggestions } from '#core/egress/places.ts'
import { sandboxRefusal } from '#core/egress/sandbox.ts'
import { readTarget } from '#core/egress/target.ts'
import type { Entry } from '#core/manifest/entry.ts'
import { AppName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { departureRefusal } from '#core/residency/departure.ts'
import { entryOf } from './app-status.ts'
import { call, pageOf, Time } from './call.ts'

const Question = z.strictObject({
  app: AppName,
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/, { error: 'must be a method in capitals' })
    .default('GET'),
  url: z.string().min(1).max(8192),
})

const Explanation = z.object({
  decision: z.enum(['allow', 'deny']),
  fault: z.enum(['egress-denied', 'egress-target-invalid', 'region-denied']).optional(),
  wouldDeny: z.literal('egress-denied').optional(),
  rule: z.string().optional(),
  credential: z.object({ as: z.string(), secret: z.string() }).optional(),
  reason: z.string().optional(),
})

/** `/admin/v1/egress`: what an app's rules make of a request to the outside, and which rules it lacks. */
export const egress = [
  call(
    {
      method: 'post',
      path: '/egress/explain',
      role: 'author',
      does: 'Says whether an app may go to a URL, and by which rule; nothing is fetched.',
      body: Question,
      answers: { 200: Explanation },
    },
    async ({ body, request }, ports) => {
      const { host } = new URL(request.url)
      return [200, explained(body, await entryOf(body.app, ports), [...ports.settings.ownHosts, host], ports)]
    },
  ),
  call(
    {
      method: 'get',
      path: '/egress/suggestions',
      role: 'author',
      does: 'Lists the smallest rules for what an app was denied lately, or reached in shadow mode only.',
      query: z.strictObject({ app: AppName }),
      answers: { 200: pageOf(z.object({ to: z.string(), count: z.int(), lastAt: Time })) },
    },
    async ({ query: { app } }, ports) => {
      const { manifest } = await entryOf(app, ports)
      const items = suggestions(await ports.places.list(app), manifest, ports.settings.isLocal)
      return [200, { items, next: null }]
    },
  ),
]

/** The decision of the guard, with the rule that allows, or the closest one and what differs; nothing is fetched. */
function explained(
  { method, url }: z.infer<typeof Question>,
  entry: Entry,
  ownHosts: readonly string[],
  { settings }: Ports,
) {
  const { manifest } = entry
  const target = readTarget(url, { ...settings, ownHosts })
  if (typeof target === 'string') {
    return { decision: 'deny', fault: 'egress-target-invalid', reason: `the target ${target}` } as const
  }
  const bounds = sandboxRefusal(entry, method, target, settings)
  if (bounds !== undefined) return { decision: 'deny', fault: 'egress-denied', reason: bounds } as const
  const judgement = judge(manifest, method, target)
  const refusal = judgement.kind === 'denied' ? undefined : departureRefusal(manifest.spec, judgement.way.rule)
  if (judgement.kind !== 'denied' && refusal !== undefined)
    return { decision: 'deny', fault: 'region-denied', rule: judgement.way.rule.to, reason: refusal } as const
  if (judgement.kind === 'allowed') {
    const { credential } = judgement.way.rule
    return {
      decision: 'allow',
      rule: judgement.way.rule.to,
      ...(credential && { credential: { as: credential.as, secret: credential.secret } }),
    } as const
  }
  const rule = judgement.kind === 'shadowed' ? judgement.way.rule.to : judgement.closest
  const isShadowed = judgement.kind === 'shadowed' || allowListMode(manifest.spec) === 'shadow'
  const told = { ...(rule !== undefined && { rule }), reason: judgement.detail }
  return isShadowed
    ? ({ decision: 'allow', wouldDeny: 'egress-denied', ...told } as const)
    : ({ decision: 'deny', fault: 'egress-denied', ...told } as const)
}
