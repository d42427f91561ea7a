import { describe, expect, it } from 'vitest'
import { MaskingRule } from '#core/manifest/masking-schema.ts'
import { planOf } from '#core/masking/plan.ts'

const faultsOf = (rule: unknown) =>
  (MaskingRule.safeParse(rule).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('a masking rule', () => {
  it('takes what the design shows, with its defaults', () => {
    expect(
      MaskingRule.parse({ entities: ['EMAIL'], fields: { '/customer/taxId': 'redact' }, action: 'tokenize' }),
    ).toEqual({
      entities: ['EMAIL'],
      fields: { '/customer/taxId': 'redact' },
      headers: [],
      action: 'tokenize',
      keepLast: 4,
      unknown: 'deny',
      restore: false,
    })
    expect(MaskingRule.parse({ entities: ['EMAIL'] }).action).toBe('redact')
    expect(faultsOf({ entities: ['CREDIT_CARD'], action: 'mask', exemptScopes: ['pii:read'] })).toEqual([])
    expect(faultsOf({ entities: ['EMAIL'], action: 'tokenize', restore: true })).toEqual([])
  })

  it.each([
    ['that looks for nothing', {}, /^entities: names nothing/],
    ['of an unknown type', { entities: ['E_MAIL'] }, /^entities\.0: /],
    ['with a type named twice', { entities: ['EMAIL', 'EMAIL'] }, /^entities: names a type twice/],
    ['with an unknown key', { entities: ['EMAIL'], actoin: 'mask' }, /actoin/],
    ['with a field that is no pointer', { fields: { 'customer.taxId': 'drop' } }, /^fields\.customer\.taxId: /],
    ['with ** in excess', { fields: { '/**/a/**/b/**/c': 'drop' } }, /\*\*/],
    ['that restores what it cannot', { entities: ['EMAIL'], action: 'mask', restore: true }, /^restore: only tokens/],
    ['that keeps characters of nothing', { entities: ['EMAIL'], keepLast: 2 }, /^keepLast: only/],
    ['that keeps too many', { entities: ['EMAIL'], action: 'mask', keepLast: 9 }, /^keepLast: /],
    ['with a scope that is two', { entities: ['EMAIL'], exemptScopes: ['a b'] }, /^exemptScopes\.0: /],
    ['with a pattern that is none', { patterns: [{ name: 'x', pattern: '(' }] }, /^patterns\.0\.pattern: /],
  ])('%s is refused, by its path', (_name, rule, fault) => {
    expect(faultsOf(rule).join('\n')).toMatch(fault)
  })

  it('tells all of its faults at once', () => {
    expect(faultsOf({ entities: ['E_MAIL'], fields: { x: 'burn' }, restore: true }).length).toBeGreaterThan(2)
  })

  it('becomes a plan once', () => {
    const rule = MaskingRule.parse({ entities: ['EMAIL'], action: 'tokenize' })
    const setting = { app: 'shop', rule: 'masking.request' }
    expect(planOf(rule, setting)).toBe(planOf(rule, setting))
    expect(planOf(rule, setting).needsKeys).toBe(true)
    expect(planOf(MaskingRule.parse({ entities: ['EMAIL'] }), setting).needsKeys).toBe(false)
  })

  it('takes fields from the tags of a schema, after its own', () => {
    const rule = MaskingRule.parse({ fields: { '/a': 'drop' }, action: 'mask' })
    const schema = { properties: { a: { 'x-pii': true }, b: { 'x-pii': true } } }
    const { fields } = planOf(rule, { app: 'shop', rule: 'masking.request', schemas: [schema] })
    const at = (name: string) => fields.actionAt(fields.below(fields.root, name))
    expect([at('a'), at('b'), at('c')]).toEqual(['drop', 'mask', undefined])
  })
})
