import { describe, expect, it } from 'vitest'
import { nearest, pathText } from '#core/manifest/problems.ts'

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
