import { utf8Bytes } from '#core/encoding.ts'
import { analyzed, type Located } from '#core/guards/analyzer.ts'
import { injectionsIn, type Span } from '#core/guards/injection.ts'
import { editsIn, estimatedTokens, type Prompt, promptOf } from '#core/guards/prompt.ts'
import type { Guards, RemoteGuard } from '#core/manifest/guard-schema.ts'
import { replacementOf } from '#core/masking/action.ts'
import { appKeys } from '#core/masking/app-keys.ts'
import { spliced } from '#core/masking/edit.ts'
import type { MaskingEdit } from '#core/masking/pass.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'

/** What a guard decided, where, and why; never a text of the prompt. */
interface Judgement {
  readonly hook: keyof Guards
  readonly verdict: 'deny' | 'record' | 'redact' | 'tokenize' | 'open'
  readonly reason: string
  readonly spans?: readonly Span[]
}

/** Looks at a prompt before it leaves for a model, after masking: so no guard sees what the model may not see. */
export const modelGuards: Policy = {
  name: 'modelGuards',
  doors: ['egress'],
  isMandatory: false,
  field: exchange => wayField(exchange, 'guards'),

  async before(exchange, ports) {
    const guards = exchange.way?.rule.guards
    if (!guards) return pass()
    const body = await exchange.body.read()
    if (body.length === 0 && ['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(exchange.method)) return pass()
    const encoding = exchange.headers.get('content-encoding') ?? 'identity'
    const prompt = encoding.trim().toLowerCase() === 'identity' ? promptOf(body) : undefined
    if (!prompt) return deny('egress-denied', 'the guards of the rule read JSON, and the body is none')

    const found = localJudgements(prompt, guards)
    for (const one of found) tell(exchange, one, ports)
    const refused = found.find(({ verdict }) => verdict === 'deny')
    if (refused) return deny('egress-denied', `${refused.hook}: ${refused.reason}`)
    return guards.remote ? remote(exchange, prompt, guards.remote, ports) : pass()
  },
}

function localJudgements(prompt: Prompt, { models, maxPromptTokens, promptInjection }: Guards): Judgement[] {
  const found: Judgement[] = []
  const isListed = prompt.models.length > 0 && prompt.models.every(model => models?.includes(model))
  if (models && !isListed)
    found.push({ hook: 'models', verdict: 'deny', reason: 'the body names no model of the list' })
  const tokens = maxPromptTokens === undefined ? 0 : estimatedTokens(prompt)
  if (maxPromptTokens !== undefined && tokens > maxPromptTokens)
    found.push({ hook: 'maxPromptTokens', verdict: 'deny', reason: `about ${tokens} tokens` })
  const spans = promptInjection ? injectionsIn(prompt) : []
  if (promptInjection && spans.length > 0) {
    const reason = [...new Set(spans.map(({ type }) => type))].join(', ')
    found.push({ hook: 'promptInjection', verdict: promptInjection, reason, spans })
  }
  return found
}

async function remote(exchange: Exchange, prompt: Prompt, guard: RemoteGuard, ports: Ports): Promise<Verdict> {
  const analysis = await analyzed(prompt, guard, ports)
  if (analysis.kind === 'away') {
    const verdict = guard.onError === 'open' ? 'open' : 'deny'
    tell(exchange, { hook: 'remote', verdict, reason: analysis.why }, ports)
    return verdict === 'open' ? pass() : deny('egress-denied', `remote: ${analysis.why}`)
  }
  const { spans } = analysis
  if (spans.length === 0) return pass()
  const reason = [...new Set(spans.map(({ type }) => type))].join(', ')
  tell(exchange, { hook: 'remote', verdict: guard.action, reason, spans: spans.slice(0, 100) }, ports)
  if (guard.action === 'deny') return deny('egress-denied', `remote: ${reason}`)
  const { manifest } = settled(exchange, 'entry')
  if (manifest.spec.policies.modelGuards?.mode !== 'shadow') await replaceSpans(exchange, spans, guard.action, ports)
  return pass()
}

/** Puts something else in the place of every span. Tokens are opened in the answer where the rule's masking restores. */
async function replaceSpans(
  exchange: Exchange,
  spans: readonly Located[],
  action: 'redact' | 'tokenize',
  { settings }: Ports,
): Promise<void> {
  const keys = action === 'tokenize' ? await appKeys(exchange.app, settings.keyEncryptionKey) : undefined
  const byText = Map.groupBy(spans, ({ index }) => index)
  const made = editsIn(await exchange.body.read(), (text, _pointer, index) => {
    const edits: MaskingEdit[] = []
    const own = (index === undefined ? [] : (byText.get(index) ?? [])).toSorted(
      (a, b) => a.start - b.start || b.end - a.end,
    )
    for (const { type, start, end } of own) {
      if (start < (edits.at(-1)?.end ?? 0) || end > text.length) continue
      const written = replacementOf(action, type, text.slice(start, end), { keepLast: 0, keys })
      if (action === 'tokenize') exchange.restorable?.pass.tokens.add(written)
      edits.push({ start, end, text: written, type, action })
    }
    return edits
  })
  if (made) exchange.body.replace(utf8Bytes(spliced(made.text, made.edits)))
}

function tell({ requestId, app, way }: Exchange, judgement: Judgement, { log }: Ports): void {
  const { spans, ...told } = judgement
  const shown = spans?.map(({ type, pointer, start, end }) => ({ type, pointer: plainly(pointer), start, end }))
  const entry = { requestId, app, rule: way?.rule.to, ...told, ...(shown && { spans: shown }) }
  log.write(judgement.verdict === 'open' ? 'warn' : 'info', 'guarded', entry)
}

/** A name of a member that could be a value is shown as `*`. */
function plainly(pointer: string): string {
  return pointer.replaceAll(/\/([^/]*)/g, (whole, name: string) =>
    /^(?:[A-Za-z_][A-Za-z_-]{0,40}|\d{1,4})$/.test(name) ? whole : '/*',
  )
}
