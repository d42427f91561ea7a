import { describe, expect, it } from 'vitest'
import { Judge, type Report } from '#core/steer/judge.ts'

const startMs = Date.UTC(2026, 0, 1)
const breaker = { failurePercent: 50, minRequests: 10, windowSeconds: 30, openSeconds: 20 }
const of = (outcomes: Record<string, [number, number]>, canary?: Report['canary']): Report => ({
  outcomes: Object.fromEntries(
    Object.entries(outcomes).map(([key, [attempts, failures]]) => [key, { attempts, failures }]),
  ),
  breaker,
  ...(canary && { canary }),
})

describe('an upstream', () => {
  it('is left alone once the share of failures of all isolates together is reached, not before', () => {
    const judge = new Judge()
    expect(judge.hear(of({ stable: [6, 4] }), startMs).changes).toEqual([])
    expect(judge.hear(of({ stable: [3, 1] }), startMs + 1_000).changes).toEqual([])
    expect(judge.hear(of({ stable: [1, 0] }), startMs + 2_000)).toEqual({
      changes: [{ kind: 'opened', upstream: 'stable' }],
      standing: { openUntilMs: { stable: startMs + 22_000 } },
    })
  })

  it('is not while most requests succeed, nor for what was long ago', () => {
    const judge = new Judge()
    expect(judge.hear(of({ stable: [100, 49] }), startMs).changes).toEqual([])
    const later = new Judge()
    later.hear(of({ stable: [9, 9] }), startMs)
    expect(later.hear(of({ stable: [9, 9] }), startMs + 30_000).changes).toEqual([])
  })

  it('stays as it is by what ends while it is left alone', () => {
    const judge = new Judge({ openUntilMs: { stable: startMs + 20_000 } })
    expect(judge.hear(of({ stable: [50, 0] }), startMs + 19_999).changes).toEqual([])
  })

  it('is up again after a probe that succeeds, and left alone again after one that fails', () => {
    const judge = new Judge({ openUntilMs: { stable: startMs, other: startMs + 60_000 } })
    expect(judge.hear(of({ stable: [1, 1] }), startMs + 1).standing.openUntilMs.stable).toBe(startMs + 20_001)
    expect(judge.hear(of({ stable: [1, 0] }), startMs + 20_001)).toEqual({
      changes: [{ kind: 'closed', upstream: 'stable' }],
      standing: { openUntilMs: { other: startMs + 60_000 } },
    })
  })

  it('is judged apart from the app’s others', () => {
    const { standing } = new Judge().hear(of({ 'stable@eu': [10, 10], 'stable@us': [10, 0] }), startMs)
    expect(Object.keys(standing.openUntilMs)).toEqual(['stable@eu'])
  })
})

describe('a canary', () => {
  const canary = { digest: 'sha256:1', marginPercent: 5 }

  it('is called off when it fails more often than stable by the margin, over all regions', () => {
    const judge = new Judge()
    const within = judge.hear(of({ 'stable@eu': [100, 10], 'canary@eu': [100, 15] }, canary), startMs)
    expect(within.standing.calledOff).toBeUndefined()
    expect(judge.hear(of({ 'canary@us': [100, 16] }, canary), startMs)).toMatchObject({
      changes: [{ kind: 'called-off', canaryPercent: 15.5, stablePercent: 10 }],
      standing: { calledOff: 'sha256:1' },
    })
  })

  it('is not by a handful of requests', () => {
    expect(new Judge().hear(of({ canary: [9, 9] }, canary), startMs).standing.calledOff).toBeUndefined()
  })

  it('is called off once; the next manifest begins anew', () => {
    const judge = new Judge({ openUntilMs: {}, calledOff: 'sha256:1' })
    expect(judge.hear(of({ canary: [1, 0] }, canary), startMs).changes).toEqual([])
    const next = { ...canary, digest: 'sha256:2' }
    expect(judge.hear(of({ canary: [30, 3] }, next), startMs).standing.calledOff).toBe('sha256:2')
  })
})
