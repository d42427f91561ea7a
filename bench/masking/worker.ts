import { MaskingRule } from '#core/manifest/masking-schema.ts'
import { AppKeys } from '#core/masking/app-keys.ts'
import { maskBody } from '#core/masking/body.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { MaskingPass } from '#core/masking/pass.ts'
import { planOf } from '#core/masking/plan.ts'
import type { Body } from './bodies.ts'
import { cases } from './cases.ts'
import { maskByOther } from './others.ts'

export interface RunCall {
  readonly index: number
  readonly times: number
}

export interface RunAnswer {
  readonly bytes: number
  readonly values: number
  readonly kind: string
}

const bodies = new Map<number, Body>()
const keys = new AppKeys('bench', new Uint8Array(128).fill(7))
const builtIn = entityTypes.filter(type => type !== 'CUSTOM')
const rules = cases.map(({ action, entities = builtIn }) => MaskingRule.parse({ entities, action }))

/** Masks one case's body so many times. Clocks stand still here while it works: whoever asks takes the time. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { index, times }: RunCall = await request.json()
    const rule = rules[index]
    const body = bodies.get(index) ?? cases[index]?.body()
    if (!rule || !body) return new Response('no such case', { status: 404 })
    bodies.set(index, body)
    const other = cases[index]?.other
    if (other) {
      const text = new TextDecoder().decode(body.bytes)
      for (let time = 0; time < times; time++) await maskByOther(other, text)
      return Response.json({ bytes: body.bytes.length, values: Number.NaN, kind: other } satisfies RunAnswer)
    }
    const plan = planOf(rule, { app: 'bench', rule: 'bench' })
    let values = 0
    let kind = ''
    for (let time = 0; time < times; time++) {
      const pass = new MaskingPass(plan, keys)
      kind = maskBody(body.bytes, { contentType: body.contentType }, pass).kind
      values = pass.lineage.reduce((sum, { count }) => sum + count, 0)
    }
    return Response.json({ bytes: body.bytes.length, values, kind } satisfies RunAnswer)
  },
}
