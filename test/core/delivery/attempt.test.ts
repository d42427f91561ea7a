import { describe, expect, it } from 'vitest'
import { attempt } from '#core/delivery/attempt.ts'
import { utf8Bytes } from '#core/encoding.ts'
import type { Upstreams } from '#core/ports.ts'

const startMs = Date.UTC(2026, 0, 1)
const body = utf8Bytes('{"a":1}')
const url = 'https://shop.example.com/hooks'

/** An attempt during which 40 ms pass. */
async function attemptAt(upstream: Upstreams['fetch'], timeoutMs = 10_000) {
  let nowMs = startMs
  const fetch: Upstreams['fetch'] = (url, request) => {
    nowMs += 40
    return upstream(url, request)
  }
  const headers = new Headers({ 'content-type': 'application/json' })
  return attempt(url, headers, body, timeoutMs, { fetch }, { now: () => new Date(nowMs) })
}

describe('an attempt', () => {
  it('is one POST of the bytes as they are, that follows no redirect', async () => {
    const seen: { url: string; request: RequestInit }[] = []
    await attemptAt(async (url, request) => {
      seen.push({ url, request })
      return new Response()
    })
    expect(seen).toHaveLength(1)
    expect(seen[0]?.url).toBe(url)
    expect(seen[0]?.request).toMatchObject({ method: 'POST', redirect: 'manual', body })
    expect(new Headers(seen[0]?.request.headers).get('content-type')).toBe('application/json')
  })

  it('reports the status and how long it took', async () => {
    for (const status of [200, 302, 404, 503])
      expect(await attemptAt(async () => new Response(null, { status }))).toEqual({ kind: 'answered', status, ms: 40 })
  })

  it('reports until when the app asks to wait, counted from the answer', async () => {
    const answer = async () => new Response(null, { status: 503, headers: { 'retry-after': '60' } })
    expect(await attemptAt(answer)).toMatchObject({ retryAtMs: startMs + 40 + 60_000 })
  })

  it('does not wait for the body of the answer, and lets it go', async () => {
    let cancelled = false
    const endless = new ReadableStream({
      cancel() {
        cancelled = true
      },
    })
    expect(await attemptAt(async () => new Response(endless))).toMatchObject({ kind: 'answered', status: 200 })
    expect(cancelled).toBe(true)
  })
})

describe('an attempt that fails never throws', () => {
  it('when the app cannot be reached', async () => {
    const unreachable = { kind: 'failed', fault: 'upstream-unreachable', ms: 40 }
    expect(await attemptAt(() => Promise.reject(new TypeError('no route to host')))).toEqual(unreachable)
    expect(
      await attemptAt(() => {
        throw new TypeError('not a URL')
      }),
    ).toEqual(unreachable)
  })

  it('when the app does not answer in time', async () => {
    const silent: Upstreams['fetch'] = (_, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    expect(await attemptAt(silent, 1)).toEqual({ kind: 'failed', fault: 'upstream-timeout', ms: 40 })
  })
})
