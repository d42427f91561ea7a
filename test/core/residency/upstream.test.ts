import { describe, expect, it } from 'vitest'
import { regionRefusal, upstreamIn } from '#core/residency/upstream.ts'

const eu = { name: 'stable', region: 'eu', url: 'https://eu.example.com' }
const us = { name: 'stable', region: 'us', url: 'https://us.example.com' }
const free = { name: 'stable', url: 'https://free.example.com' }
const residency = { regions: ['eu', 'us'], default: 'us' }

describe('the upstream of a region', () => {
  it('is the one that stands there', () => {
    expect(upstreamIn({ residency, upstreams: [eu, us] }, 'stable', 'us')).toBe(us)
  })

  it('is the one of the default region for what was kept before there was a residency', () => {
    expect(upstreamIn({ residency, upstreams: [eu, us] }, 'stable', 'any')).toBe(us)
    const { default: _, ...undecided } = { ...residency, by: { pointer: '/region' } }
    expect(upstreamIn({ residency: undecided, upstreams: [eu, us] }, 'stable', 'any')).toBeUndefined()
  })

  it('is the only one once the residency is gone', () => {
    expect(upstreamIn({ upstreams: [free] }, 'stable', 'eu')).toBe(free)
    expect(upstreamIn({ upstreams: [us] }, 'stable', 'any')).toBe(us)
  })

  it('is none in another region, nor of another name', () => {
    expect(upstreamIn({ residency, upstreams: [us] }, 'stable', 'eu')).toBeUndefined()
    expect(upstreamIn({ residency, upstreams: [eu, us] }, 'canary', 'eu')).toBeUndefined()
  })
})

it('what lives in a region that the residency no longer holds may not be sent', () => {
  expect(regionRefusal({ residency, upstreams: [] }, 'apac')).toMatch(/lives in apac/)
  for (const region of ['eu', 'any']) expect(regionRefusal({ residency, upstreams: [] }, region)).toBeUndefined()
  expect(regionRefusal({ upstreams: [] }, 'apac')).toBeUndefined()
})
