import { maxBodyBytes } from '#core/manifest/limits-schema.ts'
import { isSandboxed } from '#core/manifest/stages.ts'
import { maskHeaders, maskPath, maskQuery } from '#core/masking/address.ts'
import { type AppKeys, appKeys } from '#core/masking/app-keys.ts'
import { maskBody } from '#core/masking/body.ts'
import type { LineageRow } from '#core/masking/lineage.ts'
import { maskedAnswer } from '#core/masking/masked-answer.ts'
import { MaskingPass } from '#core/masking/pass.ts'
import type { MaskingPlan } from '#core/masking/plan.ts'
import { Restorer } from '#core/masking/restorer.ts'
import { answerPlan, isExempt, operationFor, requestPlan } from '#core/masking/way.ts'
import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { sourceField, wayField } from '#core/pipeline/fields.ts'
import { modeOf } from '#core/pipeline/judging.ts'
import { deny, type Finish, type Policy, pass, type Verdict } from '#core/pipeline/policy.ts'
import type { Ports } from '#core/ports.ts'

/** What a range is of would no longer be what the caller gets (RFC 9110 §14). */
const ofARange = ['range', 'if-range']

/**
 * Masks personal data and secrets, last before anything is stored or sent: what a vendor pushed, what a caller
 * asks and what the app answers, what the app sends out. What cannot be masked does not pass.
 */
export const piiMasking: Policy = {
  name: 'piiMasking',
  doors: ['hooks', 'apps', 'egress'],
  isMandatory: false,
  modeIn: (spec, settings) => (isSandboxed(spec, settings) ? 'enforce' : undefined),
  field: maskingField,

  before(exchange, ports) {
    const plan = requestPlan(exchange, ports.settings)
    const answers = answerPlan(exchange)
    if (!plan && !answers) return pass()
    const whole = wholeOnly(exchange, answers !== undefined || plan?.restore === true)
    return plan ? masked(exchange, plan, whole, ports) : pass(whole)
  },

  after(exchange, ports, answer) {
    const plan = answerPlan(exchange)
    const restorer = restorerOf(exchange)
    if (!answer || (!plan && !restorer) || exchange.method === 'HEAD') return undefined
    if (modeOf(piiMasking, exchange, ports) === 'shadow') return undefined
    return changedAnswer(exchange, plan, restorer, answer, ports)
  },
}

async function masked(exchange: Exchange, plan: MaskingPlan, whole: Partial<Exchange>, ports: Ports): Promise<Verdict> {
  const mode = modeOf(piiMasking, exchange, ports)
  const keys = plan.needsKeys || plan.restore ? await keysOf(exchange, ports) : undefined
  const masking = passBy(plan, keys, exchange, ports, mode)
  const { refused, change, body } = await maskedRequest({ ...exchange, ...whole }, masking)
  tell(exchange, masking.lineage, mode === 'shadow' ? 'would-mask' : 'masked', ports)
  if (refused) return refused
  if (mode === 'shadow') return pass()
  if (body) exchange.body.replace(body)
  const maskedValues = masking.lineage.reduce((sum, { count }) => sum + count, 0)
  return pass({
    ...whole,
    ...change,
    maskedValues,
    ...(plan.restore && keys && { restorable: { pass: masking, keys } }),
  })
}

async function changedAnswer(
  exchange: Exchange,
  plan: MaskingPlan | undefined,
  restorer: Restorer | undefined,
  answer: Response,
  ports: Ports,
): Promise<Finish> {
  const answerKeys = plan?.needsKeys ? await keysOf(exchange, ports) : undefined
  const masking = plan && passBy(plan, answerKeys, exchange, ports)
  const work = {
    bodies: ports.bodies,
    maxBytes: maxBodyBytes,
    ...(restorer && { restorer }),
    ...(masking && { pass: masking }),
  }
  return maskedAnswer(answer, work, () => masking && tell(exchange, masking.lineage, 'masked', ports))
}

function maskingField(exchange: Exchange): string {
  if (exchange.door === 'apps') return 'spec.masking.request'
  return exchange.door === 'hooks' ? sourceField(exchange, 'masking') : wayField(exchange, 'masking')
}

/** An answer that is to be changed must come whole. */
function wholeOnly(exchange: Exchange, isChanged: boolean): Partial<Exchange> {
  if (!isChanged || exchange.door !== 'apps') return {}
  const headers = new Headers(exchange.headers)
  for (const name of ofARange) headers.delete(name)
  headers.set('accept-encoding', 'identity')
  return { headers }
}

/** What becomes of a request, before anything of it is changed. */
interface MaskedRequest {
  readonly refused?: Verdict
  readonly change?: Partial<Exchange>
  readonly body?: Uint8Array<ArrayBuffer>
}

/** Query, chosen headers and body of a request, as the door's ending takes them. */
async function maskedRequest(exchange: Exchange, masking: MaskingPass): Promise<MaskedRequest> {
  const given = exchange.door === 'egress' ? settled(exchange, 'departing') : exchange.headers
  const headers = maskHeaders(given, masking.plan.headers, masking)
  const query = maskedPlace(exchange, masking)
  const bytes = exchange.verified?.bytes ?? (await exchange.body.read())
  const contentType = exchange.headers.get('content-type')
  const contentEncoding = exchange.headers.get('content-encoding')
  const result = maskBody(bytes, { contentType, contentEncoding }, masking)
  if (result.kind === 'refused') return { refused: deny(result.code, result.detail) }
  if (exchange.door === 'hooks') return { change: { stored: { bytes: result.body, headers } } }
  const change = { ...query, ...(exchange.door === 'egress' ? { departing: headers } : { headers }) }
  return { change, ...(result.kind === 'masked' && { body: result.body }) }
}

/** The place with its query, and the path's tagged values, masked: on the way out in the one URL that is fetched, at the API in what is forwarded. */
function maskedPlace(exchange: Exchange, masking: MaskingPass): Partial<Exchange> {
  const { door, api, target } = exchange
  if (door === 'apps' && api) {
    const path = maskPath(api.path, operationFor(exchange)?.path ?? '', masking)
    return { api: { ...api, path, query: maskQuery(api.query, masking) } }
  }
  if (door !== 'egress' || !target || target.url.search === '') return {}
  const url = new URL(target.url)
  url.search = maskQuery(target.url.search, masking)
  return { target: { ...target, url } }
}

/** Originals go back only to callers who may see them. */
function restorerOf(exchange: Exchange): Restorer | undefined {
  const { restorable } = exchange
  if (!restorable || restorable.pass.tokens.size === 0) return undefined
  const { plan } = restorable.pass
  const mayNot = exchange.door === 'apps' && plan.exemptScopes.length > 0 && !isExempt(plan, exchange)
  return mayNot ? undefined : new Restorer(restorable.pass.tokens, restorable.keys)
}

function keysOf({ app }: Exchange, { settings }: Ports): Promise<AppKeys> {
  return appKeys(app, settings.keyEncryptionKey)
}

/** A pass that counts what it would have let through. In shadow mode nothing is held back. */
function passBy(plan: MaskingPlan, keys: AppKeys | undefined, { door, app }: Exchange, ports: Ports, mode?: string) {
  return new MaskingPass(plan, keys, type => {
    if (mode !== 'shadow') ports.counters.count(app, 'masking_residue_total', { door, rule: plan.rule, type })
  })
}

/** What was done, by type and place; never a value. */
function tell(exchange: Exchange, rows: readonly LineageRow[], event: 'masked' | 'would-mask', ports: Ports): void {
  if (rows.length === 0) return
  const { requestId, door, app } = exchange
  const { digest } = settled(exchange, 'entry')
  ports.log.write('info', event, { requestId, door, app, digest, rows })
  if (event !== 'masked') return
  for (const { type, action, rule, pointer, count } of rows) {
    ports.counters.count(app, 'masked_values_total', { door, type, action }, count)
    ports.audit.tally(app, 'app.masked', { door, rule, digest, type, pointer, action }, count)
  }
}
