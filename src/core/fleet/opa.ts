import * as z from 'zod'
import { boundedText } from '#core/bounded-text.ts'
import type { Upstreams } from '#core/ports.ts'
import type { Secret } from '#core/secrets/secret.ts'
import type { PolicyEngine } from './engine.ts'
import type { Judgement } from './judge.ts'
import type { Question } from './question.ts'
import type { Point, Weight } from './schema.ts'

/** Where a decision of OPA's is asked for, and what holds without one. */
export interface OpaSetting {
  /** Of its data API: `https://opa.example.com/v1/data/gatehouse/decision`. */
  readonly url: string
  readonly token?: Secret
  readonly timeoutMs: number
  /** `closed`: what cannot be decided is denied. */
  readonly onError: 'open' | 'closed'
  readonly points: readonly Point[]
}

/** No answer that is longer is read. */
const maxBytes = 65_536
const maxMessage = 512

const Message = z.union([z.string(), z.looseObject({ msg: z.string() }).transform(({ msg }) => msg)])

/** What the decision may be: yes or no, reasons to deny, or an object with either. */
const Decision = z.union([
  z.boolean().transform(allow => ({ allow, deny: [] as string[], warn: [] as string[] })),
  z.array(Message).transform(deny => ({ allow: true, deny, warn: [] as string[] })),
  z
    .looseObject({
      allow: z.boolean().optional(),
      deny: z.array(Message).optional(),
      warn: z.array(Message).default([]),
    })
    .refine(({ allow, deny }) => allow !== undefined || deny !== undefined)
    .transform(({ allow = true, deny = [], warn }) => ({ allow, deny, warn })),
])

/**
 * The second engine: OPA, over its data API (`POST /v1/data/…`, `{input}` in, `{result}` out). What it does not
 * answer in time, or not in a known form, or not at all (a decision that is undefined), is an error.
 */
export function opaEngine(setting: OpaSetting, { upstreams }: { readonly upstreams: Upstreams }): PolicyEngine {
  return {
    name: 'opa',
    async judge(question) {
      const decision = await decided(question, setting, upstreams)
      if (typeof decision === 'string') {
        const weight = setting.onError === 'closed' ? 'Deny' : 'Audit'
        return [{ ...judgement(weight, `could not be judged: ${decision}`), isError: true }]
      }
      const { allow, deny, warn } = decision
      const denied = deny.length > 0 || allow ? deny : ['it is not allowed']
      return [...denied.map(text => judgement('Deny', text)), ...warn.map(text => judgement('Warn', text))]
    },
  }
}

function judgement(weight: Weight, text: string): Judgement {
  const remedy = 'Ask whoever keeps the policies of OPA.'
  return { weight, problem: { path: 'spec', reason: text.slice(0, maxMessage), remedy, rule: 'opa' } }
}

/** The decision, or why there is none. */
async function decided(
  { point, manifest, environment, ...more }: Question,
  { url, token, timeoutMs }: OpaSetting,
  upstreams: Upstreams,
) {
  const request = 'request' in more ? more.request : undefined
  const input = { point, environment, app: manifest, ...(request && { request }) }
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const answer = await upstreams.fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
      },
      body: JSON.stringify({ input }),
      redirect: 'manual',
      signal: abort.signal,
    })
    if (answer.status !== 200) {
      answer.body?.cancel().catch(() => {})
      return `status ${answer.status}`
    }
    const { result } = JSON.parse(await boundedText(answer, maxBytes)) as { readonly result?: unknown }
    if (result === undefined) return 'the decision is undefined'
    const decision = Decision.safeParse(result)
    return decision.success ? decision.data : 'the decision has no known form'
  } catch {
    return abort.signal.aborted ? `no answer within ${timeoutMs} ms` : 'unreachable'
  } finally {
    clearTimeout(timer)
  }
}
