import { describe, expect, it } from 'vitest'
import { readManifest } from '#core/manifest/read.ts'
import { deployed, documentWith, faultsOf, remedyAt } from '../../support/manifests.ts'

describe('`when`', () => {
  it('is accepted where it compiles', () => {
    expect(faultsOf(documentWith({ when: "body.type.startsWith('invoice.') && headers['x-a'] != source" }))).toEqual([])
  })

  it('is refused with path, reason and remedy, all faults at once', () => {
    expect(faultsOf(documentWith({ when: 'event.type == actor' }))).toEqual([
      'spec.webhooks.own.when: `event` is not known here',
      'spec.webhooks.own.when: `actor` is not known here',
    ])
    expect(remedyAt(documentWith({ when: 'event.type == 1' }), 'spec.webhooks.own.when')).toBe(
      "Known: body, headers, source. Write names with a hyphen as `headers['x-name']`.",
    )
  })

  it.each([7, null, {}, ['body']])('is a text: %j', when => {
    expect(faultsOf(documentWith({ when }))).toEqual(['spec.webhooks.own.when: must be a string'])
  })
})

describe('`schema`', () => {
  it('is accepted where it is one, and kept as it was written', () => {
    const schema = { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { type: 'integer' } } }
    expect(faultsOf(documentWith({ schema }))).toEqual([])
  })

  it('is refused with the path of every fault in it', () => {
    const schema = { properties: { 'a.b': { type: 'strnig' } }, $ref: 'https://example.com/s.json' }
    expect(faultsOf(documentWith({ schema })).map(fault => fault.split(': ')[0])).toEqual([
      'spec.webhooks.own.schema.properties.a.b.type',
      'spec.webhooks.own.schema.$ref',
    ])
  })

  it.each([true, 'x', null, []])('is an object: %j', schema => {
    expect(faultsOf(documentWith({ schema }))).toHaveLength(1)
  })

  it('comes with the line of its fault when read from YAML', () => {
    const text = JSON.stringify(documentWith({ schema: { properties: { a: { type: 'strnig' } } } }), null, 2)
    const read = readManifest(text, 'shop.yaml', deployed)
    const lines = text.split('\n')
    if (read.kind === 'accepted') throw new Error('accepted')
    expect(lines[(read.problems[0]?.line ?? 0) - 1]).toContain('strnig')
  })
})

it('may both be in shadow or off', () => {
  for (const policy of ['filter', 'schema']) {
    for (const mode of ['enforce', 'shadow', 'off']) {
      const document = documentWith({})
      Object.assign(document.spec, { policies: { [policy]: { mode } } })
      expect(faultsOf(document)).toEqual([])
    }
  }
})
