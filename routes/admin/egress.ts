import { Hono } from 'hono'
import * as z from 'zod'
import { judge } from '#core/egress/judge.ts'
import { suggestions } from '#core/egress/places.ts'
import { readTarget } from '#core/egress/target.ts'
import { Fault } from '#core/fault.ts'
import type { Entry } from '#core/manifest/entry.ts'
import { AppName } from '#core/names.ts'
import type { Ports } from '#core/ports.ts'
import { admitted, jsonFrom, parsed } from './gate.ts'

const Question = z.strictObject({
  app: AppName,
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/, { error: 'must be a method in capitals' })
    .default('GET'),
  url: z.string().min(1).max(8192),
})

/** `/admin/v1/egress`: what an app's rules make of a request to the outside, and which rules it lacks. */
export const egress = (ports: Ports) =>
  new Hono()
    .post('/explain', async context => {
      await admitted(context.req.raw, 'author', ports)
      const question = parsed(Question, await jsonFrom(context.req.raw))
      const { host } = new URL(context.req.url)
      return context.json(
        explained(question, await entryOf(question.app, ports), [...ports.settings.ownHosts, host], ports),
      )
    })
    .get('/suggestions', async context => {
      await admitted(context.req.raw, 'author', ports)
      const { app } = parsed(z.strictObject({ app: AppName }), context.req.query())
      const { manifest } = await entryOf(app, ports)
      return context.json({
        items: suggestions(await ports.places.list(app), manifest, ports.settings.isLocal),
        next: null,
      })
    })

/** The decision of the guard, with the rule that allows, or the closest one and what differs; nothing is fetched. */
function explained(
  { method, url }: z.infer<typeof Question>,
  { manifest }: Entry,
  ownHosts: readonly string[],
  { settings }: Ports,
) {
  const target = readTarget(url, { ...settings, ownHosts })
  if (typeof target === 'string') {
    return { decision: 'deny', fault: 'egress-target-invalid', reason: `the target ${target}` } as const
  }
  const judgement = judge(manifest, method, target)
  if (judgement.kind === 'allowed') {
    const { credential } = judgement.way.rule
    return {
      decision: 'allow',
      rule: judgement.way.rule.to,
      ...(credential && { credential: { as: credential.as, secret: credential.secret } }),
    } as const
  }
  const rule = judgement.kind === 'shadowed' ? judgement.way.rule.to : judgement.closest
  const isShadowed = judgement.kind === 'shadowed' || manifest.spec.policies.allowList?.mode === 'shadow'
  const told = { ...(rule !== undefined && { rule }), reason: judgement.detail }
  return isShadowed
    ? ({ decision: 'allow', wouldDeny: 'egress-denied', ...told } as const)
    : ({ decision: 'deny', fault: 'egress-denied', ...told } as const)
}

async function entryOf(app: string, { registry }: Ports): Promise<Entry> {
  const lookup = await registry.find(app)
  if (lookup.kind === 'found') return lookup.entry
  throw lookup.kind === 'unknown' ? new Fault('not-found', `no app ${app}`) : new Fault('entry-invalid', lookup.detail)
}
