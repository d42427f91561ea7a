import { utf8Bytes } from '#core/encoding.ts'
import type { Located } from '#core/guards/analyzer.ts'
import { guardedAnswer } from '#core/guards/guarded-answer.ts'
import { type Judgement, localJudgements, remoteJudgement, unjudged } from '#core/guards/judgement.ts'
import { editsIn, type Prompt, promptOf } from '#core/guards/prompt.ts'
import type { RemoteGuard } from '#core/manifest/guard-schema.ts'
import { replacementOf } from '#core/masking/action.ts'
import { appKeys } from '#core/masking/app-keys.ts'
import { spliced } from '#core/masking/edit.ts'
import type { MaskingEdit } from '#core/masking/pass.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { wayField } from '#core/pipeline/fields.ts'
import { modeOf } from '#core/pipeline/judging.ts'
import { deny, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'

/**
 * Looks at a prompt before it leaves for a model, after masking, and at the answer before originals are put back: so
 * no guard sees what the model may not see.
 */
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
    const found = prompt ? localJudgements(prompt, guards) : unjudged(guards, 'guards read JSON, and the body is none')
    for (const one of found) note(exchange, 'prompt', one, ports)
    const refused = found.find(({ verdict }) => verdict === 'deny')
    if (refused) return deny('egress-denied', `${refused.hook}: ${refused.reason}`)
    return prompt && guards.remote ? remote(exchange, prompt, guards.remote, ports) : pass()
  },

  async after(exchange, ports, answer) {
    const guards = exchange.way?.rule.guards?.after
    if (!guards || !answer || exchange.method === 'HEAD') return undefined
    const isShadow = modeOf(modelGuards, exchange, ports) === 'shadow'
    return guardedAnswer(answer, {
      guards,
      reach: ports,
      isShadow,
      note: judgement => note(exchange, 'answer', judgement, ports),
    })
  },
}

async function remote(exchange: Exchange, prompt: Prompt, guard: RemoteGuard, ports: Ports): Promise<Verdict> {
  const { located, ...judgement } = await remoteJudgement(prompt, guard, ports)
  note(exchange, 'prompt', judgement, ports)
  if (judgement.verdict === 'deny') return deny('egress-denied', `remote: ${judgement.reason}`)
  const { action } = guard
  if (action === 'deny' || action === 'record' || modeOf(modelGuards, exchange, ports) === 'shadow') return pass()
  if (located.length > 0) await replaceSpans(exchange, located, action, ports)
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

/** Counts a verdict, and writes down what is more than a pass. */
function note(exchange: Exchange, side: 'prompt' | 'answer', judgement: Judgement, ports: Ports): void {
  const { requestId, app, way } = exchange
  const { spans, ...told } = judgement
  const { hook, verdict } = judgement
  const isHypothetical =
    ['deny', 'redact', 'tokenize'].includes(verdict) && modeOf(modelGuards, exchange, ports) === 'shadow'
  const counted = isHypothetical ? `would-${verdict}` : verdict
  ports.counters.count(app, 'guard_verdicts_total', { side, guard: hook, verdict: counted })
  if (verdict === 'pass') return
  const shown = spans?.map(({ type, pointer, start, end }) => ({ type, pointer: plainly(pointer), start, end }))
  const entry = { requestId, app, rule: way?.rule.to, side, ...told, verdict: counted, ...(shown && { spans: shown }) }
  ports.log.write(verdict === 'open' ? 'warn' : 'info', 'guarded', entry)
}

/** A name of a member that could be a value is shown as `*`. */
function plainly(pointer: string): string {
  return pointer.replaceAll(/\/([^/]*)/g, (whole, name: string) =>
    /^(?:[A-Za-z_][A-Za-z_-]{0,40}|\d{1,4})$/.test(name) ? whole : '/*',
  )
}
