import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { parsedOnce } from '#core/webhook/json-body.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'
import { filter } from '#policies/filter.ts'
import { entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

/** What the filter says of an event, and what it counted and logged. */
async function judged(when: string | undefined, body: string, more: { scheme?: string; headers?: HeadersInit } = {}) {
  const declared = { scheme: more.scheme ?? 'github', secrets: ['current'], path: '/hooks', ...(when && { when }) }
  const source = entryOf({ webhooks: { github: declared } }).manifest.spec.webhooks.github
  const scheme = source && schemeOf(source)
  if (!source || !scheme) throw new Error('no source')
  const bytes = utf8Bytes(body)
  const verified = { bytes, signedBytes: bytes, secret: 'current', document: parsedOnce(bytes) }
  const lines: string[] = []
  const log = { write: (...line: unknown[]) => lines.push(JSON.stringify(line)) }
  const { ports, counted } = recordingPorts({ log })
  const headers = new Headers(more.headers)
  const verdict = await filter.before(
    exchangeOf({ headers, webhook: { name: 'github', source, scheme, hops: 0 }, verified }),
    ports,
  )
  return { verdict, counted, lines }
}

describe('filter', () => {
  it('passes what it holds of, and drops what it does not', async () => {
    const when = "body.type.startsWith('invoice.')"
    expect((await judged(when, '{"type":"invoice.paid"}')).verdict).toEqual({ kind: 'pass', change: {} })
    expect((await judged(when, '{"type":"charge.failed"}')).verdict).toMatchObject({ kind: 'drop' })
  })

  it('passes everything where the source names none', async () => {
    expect((await judged(undefined, 'no json')).verdict).toMatchObject({ kind: 'pass' })
  })

  it('reads body, headers by their lower-case names, and source', async () => {
    const when = "headers['x-github-event'] == 'push' && source == 'github' && body.n == 1"
    const headers = { 'X-GitHub-Event': 'push' }
    expect((await judged(when, '{"n":1}', { headers })).verdict).toMatchObject({ kind: 'pass' })
    expect((await judged(when, '{"n":2}', { headers })).verdict).toMatchObject({ kind: 'drop' })
  })

  it.each([
    ['a member that is not there', 'body.type == "a"', '{"kind":"secret"}', 'missing'],
    ['a body that is no JSON', 'body.type == "a"', 'type=secret', 'absent'],
    ['types that do not go together', 'body.type > 1', '{"type":"secret"}', 'types'],
    ['an answer that is no yes or no', 'body.type', '{"type":"secret"}', 'types'],
    ['a conversion that fails', 'int(body.type) == 1', '{"type":"secret"}', 'other'],
    ['too much work', 'body.all(a, body.all(b, true))', JSON.stringify(Array(2_000).fill('secret')), 'steps'],
  ])(
    'keeps an event that it cannot judge for %s, counted and logged without the payload',
    async (_, when, body, reason) => {
      const { verdict, counted, lines } = await judged(when, body)
      expect(verdict).toEqual({ kind: 'pass', change: {} })
      expect(counted).toEqual([`shop filter_errors_total {"source":"github","reason":"${reason}"} 1`])
      expect(lines).toEqual([expect.stringMatching(/^\["warn","filter-failed",.*"requestId":"request-1"/)])
      expect(lines[0]).not.toContain('secret')
    },
  )

  it('judges by the headers alone where it reads no body', async () => {
    const { verdict, counted } = await judged("headers['x-github-event'] == 'push'", 'no json', {
      headers: { 'x-github-event': 'ping' },
    })
    expect(verdict).toMatchObject({ kind: 'drop' })
    expect(counted).toEqual([])
  })

  it('lets a handshake pass, which is no event', async () => {
    const body = '{"type":"url_verification","challenge":"c"}'
    expect((await judged("body.type == 'event_callback'", body, { scheme: 'slack' })).verdict).toMatchObject({
      kind: 'pass',
    })
    expect(
      (await judged("body.type == 'event_callback'", '{"type":"other"}', { scheme: 'slack' })).verdict,
    ).toMatchObject({ kind: 'drop' })
  })
})
