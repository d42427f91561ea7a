import type { AnswerGuards, Guards, RemoteGuard } from '#core/manifest/guard-schema.ts'
import { type Analysis, analyzed, type Located } from './analyzer.ts'
import { injectionsIn, type Span } from './injection.ts'
import { estimatedTokens, maxJudged, type Prompt } from './prompt.ts'

/** The guards by their names in a manifest, in the order in which they are asked. */
const hooks = ['models', 'maxPromptTokens', 'promptInjection', 'remote'] as const

export type Hook = (typeof hooks)[number]

/** What a guard decided, where, and why; never a text of the prompt. `open`: it could not judge, and lets pass. */
export interface Judgement {
  readonly hook: Hook
  readonly verdict: 'pass' | 'deny' | 'record' | 'redact' | 'tokenize' | 'open'
  readonly reason: string
  readonly spans?: readonly Span[]
}

/** What the built-in guards say; a text that is too long for them is not judged. */
export function localJudgements(prompt: Prompt, guards: Guards | AnswerGuards): Judgement[] {
  const built = { ...guards, remote: undefined }
  const length = prompt.texts.reduce((sum, { text }) => sum + text.length, 0)
  if (length > maxJudged) return unjudged(built, `more than ${maxJudged} characters`)
  return hooks.flatMap(hook => judge[hook]?.(prompt, built) ?? [])
}

/** What becomes of a body that no guard can read: each one's `onError` says. */
export function unjudged(guards: Guards | AnswerGuards, reason: string): Judgement[] {
  const { onError, remote }: Guards = guards
  return hooks.flatMap(hook => {
    if ((guards as Guards)[hook] === undefined) return []
    const isOpen = (hook === 'remote' ? remote?.onError : onError?.[hook]) === 'open'
    return [{ hook, verdict: isOpen ? 'open' : 'deny', reason }]
  })
}

/** Asks the analyzer; `spans` are all that it found, for whoever replaces them. */
export async function remoteJudgement(
  prompt: Prompt,
  guard: RemoteGuard,
  reach: Parameters<typeof analyzed>[2],
): Promise<Judgement & { readonly located: readonly Located[] }> {
  const analysis: Analysis = await analyzed(prompt, guard, reach)
  if (analysis.kind === 'away') {
    const verdict = guard.onError === 'open' ? 'open' : 'deny'
    return { hook: 'remote', verdict, reason: analysis.why, located: [] }
  }
  const { spans: located } = analysis
  if (located.length === 0) return { hook: 'remote', verdict: 'pass', reason: '', located }
  const spans = located.slice(0, 100)
  return { hook: 'remote', verdict: guard.action, reason: typesOf(located), spans, located }
}

/** What was found, for a reader. */
export const typesOf = (spans: readonly Span[]) => [...new Set(spans.map(({ type }) => type))].join(', ')

const judge: Partial<Record<Hook, (prompt: Prompt, guards: Guards) => Judgement | undefined>> = {
  models({ models }, { models: listed }) {
    if (!listed) return undefined
    const isListed = models.length > 0 && models.every(model => listed.includes(model))
    return isListed ? passed('models') : denied('models', 'the body names no model of the list')
  },
  maxPromptTokens(prompt, { maxPromptTokens: most }) {
    if (most === undefined) return undefined
    const tokens = estimatedTokens(prompt)
    return tokens > most ? denied('maxPromptTokens', `about ${tokens} tokens`) : passed('maxPromptTokens')
  },
  promptInjection(prompt, { promptInjection: verdict }) {
    if (!verdict) return undefined
    const spans = injectionsIn(prompt)
    if (spans.length === 0) return passed('promptInjection')
    return { hook: 'promptInjection', verdict, reason: typesOf(spans), spans }
  },
}

const passed = (hook: Hook): Judgement => ({ hook, verdict: 'pass', reason: '' })

const denied = (hook: Hook, reason: string): Judgement => ({ hook, verdict: 'deny', reason })
