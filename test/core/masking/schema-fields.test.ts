import { describe, expect, it } from 'vitest'
import { FieldRules } from '#core/masking/field-rules.ts'
import { piiFields } from '#core/masking/schema-fields.ts'

const tagged = (schema: unknown) => Object.fromEntries(piiFields(schema, 'mask'))

describe('x-pii in a JSON Schema', () => {
  it('names fields in objects, lists and branches, with the rule’s action or its own', () => {
    const schema = {
      properties: {
        mail: { type: 'string', 'x-pii': true },
        'a/b': { 'x-pii': 'drop' },
        list: { items: { properties: { id: { 'x-pii': 'redact' } } } },
        map: { additionalProperties: { 'x-pii': true } },
        no: { 'x-pii': false },
      },
      allOf: [{ properties: { phone: { 'x-pii': true } } }],
    }
    expect(tagged(schema)).toEqual({
      '/mail': 'mask',
      '/a~1b': 'drop',
      '/list/*/id': 'redact',
      '/map/*': 'mask',
      '/phone': 'mask',
    })
  })

  it('follows local references, and one that leads to itself to any depth', () => {
    const schema = {
      $ref: '#/$defs/node',
      $defs: { node: { properties: { id: { 'x-pii': true }, child: { $ref: '#/$defs/node' } } } },
    }
    const rules = new FieldRules(piiFields(schema, 'mask'))
    const at = (...names: string[]) =>
      rules.actionAt(names.reduce((places, name) => rules.below(places, name), rules.root))
    expect(at('id')).toBe('mask')
    expect(at('child', 'id')).toBe('mask')
    expect(at('child', 'child', 'child', 'id')).toBe('mask')
    expect(at('child', 'other')).toBeUndefined()
    expect(tagged({ properties: { child: { $ref: '#' }, id: { 'x-pii': true } } })).toHaveProperty(['/child/**/id'])
  })

  it('refuses a schema whose references lead to too much', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, level) => {
        const next = { $ref: `#/$defs/d${level + 1}` }
        return [`d${level}`, { properties: { a: next, b: next } }]
      }),
    )
    expect(() => tagged({ $ref: '#/$defs/d0', $defs })).toThrow(RangeError)
  })

  it('finds nothing in what is no schema', () => {
    for (const schema of [undefined, null, true, 'x', [], { $ref: '#/nowhere' }]) expect(tagged(schema)).toEqual({})
  })
})
