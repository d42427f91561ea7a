import { describe, expect, it } from 'vitest'
import { nearest, pathText } from '#core/manifest/problems.ts'
import { documentOf, documentWith, faultsOf } from '../../support/manifests.ts'

describe('the nearest known word', () => {
  it('is one that a slip of the pen away is meant', () => {
    expect(nearest('secret', ['secrets', 'scheme', 'path'])).toBe('secrets')
    expect(nearest('toleranceSecond', ['toleranceSeconds'])).toBe('toleranceSeconds')
    expect(nearest('pth', ['path'])).toBe('path')
  })

  it('is none when even the closest is too far off, or nothing is known', () => {
    expect(nearest('birthday', ['stage', 'ttlDays'])).toBeUndefined()
    expect(nearest('anything', [])).toBeUndefined()
  })
})

it('shows a path the way it is written in code', () => {
  expect(pathText(['spec', 'upstreams', 0, 'url'])).toBe('spec.upstreams[0].url')
  expect(pathText([])).toBe('(document)')
})

it('says a bound that is passed in words of our own', () => {
  const lifecycle = { stage: 'sandbox', ttlDays: 400 }
  expect(faultsOf(documentOf({ lifecycle }))).toEqual(['spec.lifecycle.ttlDays: must be at most 365'])
  const own = 'spec.webhooks.own'
  expect(faultsOf(documentWith({ delivery: { perSecond: 0 } }))).toEqual([
    `${own}.delivery.perSecond: must be more than 0`,
  ])
  expect(faultsOf(documentWith({ secrets: [] }))).toEqual([`${own}.secrets: must have at least 1 item`])
})
