import * as z from 'zod'
import { type FetchSetting, unfetchable } from '#core/egress/fetchable.ts'
import type { RemoteGuard } from '#core/manifest/guard-schema.ts'
import { type BodyBudget, BodyReader } from '#core/pipeline/body.ts'
import type { Upstreams } from '#core/ports.ts'
import type { Span } from './injection.ts'
import type { Prompt } from './prompt.ts'

/** What Presidio's analyzer answers; offsets count characters as Python does, Unicode code points. */
const Findings = z
  .array(
    z.object({
      entity_type: z.string().regex(/^[A-Z][A-Z0-9_]{0,39}$/),
      start: z.int().min(0),
      end: z.int().min(0),
      score: z.number(),
    }),
  )
  .max(10_000)

/** No prompt that is longer is sent, and no answer that is longer is read. */
const maxCharacters = 1_048_576
const between = '\n\n'

/** A span that stands in one of the prompt's texts, told by its place among them. */
export interface Located extends Span {
  readonly index: number
}

export type Analysis =
  | { readonly kind: 'found'; readonly spans: readonly Located[] }
  | { readonly kind: 'away'; readonly why: string }

interface Reach {
  readonly upstreams: Upstreams
  readonly bodies: BodyBudget
  readonly settings: FetchSetting
}

/**
 * Asks an analyzer (the HTTP API of Presidio's, `POST /analyze`) what stands in a prompt: one request for all of its
 * texts. Findings that reach over two texts are left out.
 */
export async function analyzed(
  prompt: Prompt,
  guard: RemoteGuard,
  { upstreams, bodies, settings }: Reach,
): Promise<Analysis> {
  const { url, timeoutMs, language, entities, scoreThreshold } = guard
  const unsafe = unfetchable(url, settings)
  if (unsafe) return { kind: 'away', why: `its URL ${unsafe}` }
  const text = prompt.texts.map(one => one.text).join(between)
  if (text.trim() === '') return { kind: 'found', spans: [] }
  if (text.length > maxCharacters) return { kind: 'away', why: 'the prompt is too long for it' }

  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const answer = await upstreams.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ text, language, score_threshold: scoreThreshold, ...(entities && { entities }) }),
      redirect: 'manual',
      signal: abort.signal,
    })
    if (answer.status !== 200) {
      answer.body?.cancel().catch(() => {})
      return { kind: 'away', why: `status ${answer.status}` }
    }
    const findings = Findings.safeParse(await jsonOf(answer, bodies))
    if (!findings.success) return { kind: 'away', why: 'no answer in the form of an analyzer' }
    const strong = findings.data.filter(({ score }) => score >= scoreThreshold)
    return { kind: 'found', spans: placed(prompt, text, strong) }
  } catch {
    return { kind: 'away', why: abort.signal.aborted ? `no answer within ${timeoutMs} ms` : 'unreachable' }
  } finally {
    clearTimeout(timer)
  }
}

async function jsonOf(answer: Response, bodies: BodyBudget): Promise<unknown> {
  const reader = new BodyReader(() => answer.body, answer.headers.get('content-length'), bodies)
  reader.capAt(maxCharacters)
  try {
    return JSON.parse(new TextDecoder().decode(await reader.read()))
  } finally {
    reader.release()
  }
}

/** Offsets in the joined text as offsets in each text of the prompt. */
function placed({ texts }: Prompt, joined: string, findings: z.infer<typeof Findings>): Located[] {
  const unitOf = unitsOf(joined)
  const starts: number[] = []
  let at = 0
  for (const { text } of texts) {
    starts.push(at)
    at += text.length + between.length
  }
  return findings.flatMap(({ entity_type: type, start, end }) => {
    const [from, to] = [unitOf(start), unitOf(end)]
    const index = starts.findLastIndex(begin => begin <= from)
    const [text, begin] = [texts[index], starts[index] ?? 0]
    if (!text || to <= from || to - begin > text.text.length) return []
    return [{ type, pointer: text.pointer, index, start: from - begin, end: to - begin }]
  })
}

/** From code points to UTF-16 code units. */
function unitsOf(text: string): (codePoint: number) => number {
  if (!/[\ud800-\udfff]/.test(text)) return codePoint => codePoint
  const units: number[] = []
  let at = 0
  for (const character of text) {
    units.push(at)
    at += character.length
  }
  return codePoint => units[codePoint] ?? text.length
}
