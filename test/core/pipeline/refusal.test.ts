import { expect, it } from 'vitest'
import { Fault } from '#core/fault.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, pass } from '#core/pipeline/policy.ts'
import { refusalOf } from '#core/pipeline/refusal.ts'
import { entryOf, exchangeOf } from '../../support/ports.ts'

it('is what a Fault says: code, detail and problems', () => {
  const problems = [{ path: 'spec', reason: 'is required', remedy: 'Add it.' }]
  expect(refusalOf(new Fault('manifest-refused', 'one fault', problems), 'publish')).toEqual({
    fault: 'manifest-refused',
    detail: 'one fault',
    headers: {},
    problems,
  })
})

it('is internal for anything else, with the place and the stack in the detail', () => {
  const refusal = refusalOf(new TypeError('oops'), 'courier')
  expect(refusal.fault).toBe('internal')
  expect(refusal.detail).toMatch(/^courier: TypeError: oops\n/)
  for (const thrown of ['text', undefined, null, 7, { a: 1 }]) expect(refusalOf(thrown, 'x').fault).toBe('internal')
})

it('is not fooled by an object that looks like a Fault', () => {
  expect(refusalOf({ name: 'Fault', code: 'app-unknown', detail: 'x' }, 'x').fault).toBe('internal')
})

it('says of a part that no policy has set yet that the order of the pipeline is wrong', () => {
  for (const part of ['entry', 'webhook', 'verified'] as const)
    expect(() => settled(exchangeOf(), part)).toThrow(`\`${part}\` before a policy has set it`)
  const entry = entryOf()
  expect(settled(exchangeOf({ entry }), 'entry')).toBe(entry)
})

it('is made by a policy as a value, with no headers and no change unless it says so', () => {
  expect(pass()).toEqual({ kind: 'pass', change: {} })
  expect(deny('app-unknown', 'why')).toEqual({ kind: 'deny', fault: 'app-unknown', detail: 'why', headers: {} })
})
