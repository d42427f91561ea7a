import { expect, it } from 'vitest'
import { VerdictPath } from '#core/pipeline/verdict-path.ts'

it('says of each policy what it said last, and lists all that was said with its labels', () => {
  const path = new VerdictPath('apps').with('route', 'pass').with('scopes', 'would-deny').with('route', 'deny')
  expect(path.verdicts).toEqual({ route: 'deny', scopes: 'would-deny' })
  expect(path.labels).toEqual([
    { door: 'apps', policy: 'route', verdict: 'pass' },
    { door: 'apps', policy: 'scopes', verdict: 'would-deny' },
    { door: 'apps', policy: 'route', verdict: 'deny' },
  ])
})

it('is one object for all walks that met the same verdicts, whatever other walks met', () => {
  const start = new VerdictPath('apps')
  const walk = () => start.with('route', 'pass').with('scopes', 'pass')
  const first = walk()
  expect(start.with('route', 'deny')).not.toBe(start.with('route', 'pass'))
  expect(start.with('route', 'deny').with('scopes', 'pass')).not.toBe(first)
  expect(walk()).toBe(first)
  expect(Object.isFrozen(first.verdicts) && Object.isFrozen(first.labels)).toBe(true)
})

it('is remembered to a bound, and right beyond it', () => {
  const start = new VerdictPath('apps')
  for (let n = 0; n < 10_000; n++) start.with(`policy-${n}`, 'pass')
  const beyond = start.with('scopes', 'pass')
  expect(beyond.verdicts).toEqual({ scopes: 'pass' })
  expect(start.with('scopes', 'pass')).not.toBe(beyond)
})
