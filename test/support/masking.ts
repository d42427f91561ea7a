import { utf8Bytes } from '#core/encoding.ts'
import { MaskingRule } from '#core/manifest/masking-schema.ts'
import { AppKeys, appKeys } from '#core/masking/app-keys.ts'
import { type BodyKind, type MaskedBody, maskBody } from '#core/masking/body.ts'
import { MaskingPass } from '#core/masking/pass.ts'
import { planOf } from '#core/masking/plan.ts'
import { Secret } from '#core/secrets/secret.ts'

const kek = new Secret('GATEWAY_KEK', btoa('k'.repeat(32)))

/** The keys of an app, as the gateway of the tests derives them. */
export const keysOf = (app: string) => appKeys(app, kek)

/** Keys that need no waiting, for properties. */
export const fixedKeys = (app: string) => new AppKeys(app, new Uint8Array(128).fill(app.length))

/** A pass by a rule as its author writes it. */
export function passOf(rule: unknown, app = 'shop'): MaskingPass {
  const plan = planOf(MaskingRule.parse(rule), { app, rule: 'masking.request' })
  return new MaskingPass(plan, fixedKeys(app))
}

/** What became of a body, with the text that leaves. */
export function masked(
  body: string | Uint8Array<ArrayBuffer>,
  rule: unknown,
  kind: Partial<BodyKind> = {},
): { readonly kind: MaskedBody['kind']; readonly text: string; readonly code?: string; readonly pass: MaskingPass } {
  const pass = passOf(rule)
  const bytes = typeof body === 'string' ? utf8Bytes(body) : body
  const result = maskBody(bytes, { contentType: 'application/json', ...kind }, pass)
  if (result.kind === 'refused') return { kind: result.kind, text: '', code: `${result.code}: ${result.detail}`, pass }
  return {
    kind: result.kind,
    text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(result.body),
    pass,
  }
}
