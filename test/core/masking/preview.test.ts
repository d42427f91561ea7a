import { describe, expect, it } from 'vitest'
import { MaskingRule } from '#core/manifest/masking-schema.ts'
import { planOf } from '#core/masking/plan.ts'
import { preview, previewPlan } from '#core/masking/preview.ts'

const planFor = (rule: unknown) => planOf(MaskingRule.parse(rule), { app: 'shop', rule: 'preview' })
const email = planFor({ entities: ['EMAIL'] })

describe('a preview', () => {
  it('shows a text masked, and where values stood in UTF-16', () => {
    expect(preview({ text: '😀 ann@example.com' }, email)).toEqual({
      masked: '😀 [EMAIL]',
      findings: [{ type: 'EMAIL', start: 3, end: 18, action: 'redact' }],
    })
  })

  it('shows JSON masked, with pointers and offsets in the string there', () => {
    const json = { 'a/b': ['x\n"ann@example.com"', 7], args: '{"to":"bob@example.com"}' }
    expect(preview({ json }, email)).toEqual({
      masked: { 'a/b': ['x\n"[EMAIL]"', 7], args: '{"to":"[EMAIL]"}' },
      findings: [
        { type: 'EMAIL', start: 3, end: 18, pointer: '/a~1b/0', action: 'redact' },
        { type: 'EMAIL', start: 7, end: 22, pointer: '/args', action: 'redact' },
      ],
    })
  })

  it('looks for every type and redacts, unless the author says otherwise', () => {
    const text = 'ann@example.com paid with 4111 1111 1111 1111'
    expect(preview({ text }, previewPlan({}, 'shop')).masked).toBe('[EMAIL] paid with [CREDIT_CARD]')
    expect(preview({ text }, previewPlan({ entities: ['CREDIT_CARD'], action: 'mask' }, 'shop')).masked).toBe(
      'ann@example.com paid with ***************1111',
    )
    expect(() => previewPlan({ entities: [], fields: { 'no-pointer': 'drop' } }, 'shop')).toThrow()
  })

  it('shows fields with the action of their rule', () => {
    const plan = planFor({ entities: ['EMAIL'], fields: { '/id': 'drop' } })
    expect(preview({ json: { id: 41 } }, plan)).toEqual({
      masked: { id: null },
      findings: [{ type: 'FIELD', start: 0, end: 2, pointer: '/id', action: 'drop' }],
    })
  })
})
