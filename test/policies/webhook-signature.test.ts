import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { webhookSignature } from '#policies/webhook-signature.ts'
import { bodyOf, entryOf, exchangeOf, recordingPorts, secretsOf } from '../support/ports.ts'
import { type Row, row } from '../support/vectors.ts'

const stripe = row('stripe')

/** A row's vector as it meets the policy, a number of seconds after it was signed. */
async function judged(
  { vector, scheme }: Row,
  {
    secrets = { current: vector.secret },
    source = {},
    late = 0,
    change = {},
  }: {
    secrets?: Readonly<Record<string, string>>
    source?: Readonly<Record<string, unknown>>
    late?: number
    change?: Partial<Exchange>
  } = {},
) {
  const declared = { scheme: vector.scheme, secrets: ['next', 'current'], path: '/hooks', ...source }
  const { manifest } = entryOf({ webhooks: { own: declared } })
  const own = manifest.spec.webhooks.own
  if (!own) throw new Error('no source')
  const body = bodyOf([utf8Bytes(vector.body)])
  body.capAt(10_000)
  const recorded = recordingPorts({ secrets: secretsOf(secrets) }, new Date((vector.now + late) * 1000))
  const exchange = exchangeOf({
    source: 'own',
    headers: new Headers(vector.headers),
    body,
    webhook: { name: 'own', source: own, scheme, hops: 0 },
    ...change,
  })
  return { verdict: await webhookSignature.before(exchange, recorded.ports), counted: recorded.counted }
}

describe('webhook-signature', () => {
  it('passes what the vendor signed, with the bytes as they came and the name of the secret', async () => {
    const { verdict } = await judged(stripe, { secrets: { current: stripe.vector.secret, next: 'whsec_next' } })
    expect(verdict).toMatchObject({ kind: 'pass', change: { verified: { secret: 'current' } } })
    const { verified } = verdict.kind === 'pass' ? verdict.change : {}
    expect(new TextDecoder().decode(verified?.bytes)).toBe(stripe.vector.body)
    expect(new TextDecoder().decode(verified?.signedBytes)).toBe(`${stripe.vector.now}.${stripe.vector.body}`)
  })

  it('counts which secret matched, by app and source', async () => {
    const { counted } = await judged(stripe)
    expect(counted).toEqual(['shop webhook_secret_matches_total {"source":"own","secret":"current"} 1'])
  })

  it('denies what nobody signed with a listed secret', async () => {
    const { verdict, counted } = await judged(stripe, { secrets: { next: 'a', current: 'b' } })
    expect(verdict).toMatchObject({ kind: 'deny', fault: 'signature-mismatch' })
    expect(counted).toEqual([])
  })

  it('blames the gateway, not the vendor, while a listed secret is missing and none matches', async () => {
    for (const secrets of [{}, { next: 'a' }])
      expect((await judged(stripe, { secrets })).verdict).toMatchObject({ kind: 'deny', fault: 'secret-missing' })
  })

  it('passes although a listed secret is missing, when another matches', async () => {
    expect((await judged(stripe)).verdict).toMatchObject({ kind: 'pass' })
  })

  it('holds timestamps to 300 s, on either side, unless the source sets another tolerance', async () => {
    for (const late of [300, -300]) expect((await judged(stripe, { late })).verdict.kind).toBe('pass')
    for (const late of [301, -301])
      expect((await judged(stripe, { late })).verdict).toMatchObject({ fault: 'timestamp-outside' })
    const source = { toleranceSeconds: 5 }
    expect((await judged(stripe, { late: 6, source })).verdict).toMatchObject({ fault: 'timestamp-outside' })
  })

  it('judges the headers before it reads the body or looks a secret up', async () => {
    const unread = bodyOf([])
    const cases: [Partial<Exchange>, number, string][] = [
      [{ headers: new Headers() }, 0, 'signature-missing'],
      [{}, 301, 'timestamp-outside'],
    ]
    for (const [change, late, fault] of cases) {
      const { verdict } = await judged(stripe, { late, change: { body: unread, ...change } })
      expect(verdict).toMatchObject({ kind: 'deny', fault })
    }
  })

  it('throws the fault of a body that is too large, which the pipeline takes for its verdict', async () => {
    const body = bodyOf([new Uint8Array(11)])
    body.capAt(10)
    await expect(judged(stripe, { change: { body } })).rejects.toMatchObject({ code: 'body-too-large' })
  })

  it('asks for the secrets of the app in the URL only', async () => {
    const asked: string[] = []
    const { manifest } = entryOf()
    const { github } = manifest.spec.webhooks
    if (!github) throw new Error('no source')
    const headers = new Headers(row('github').vector.headers)
    const secrets = {
      ...secretsOf({}),
      find: async (app: string, name: string) => {
        asked.push(`${app} ${name}`)
        return undefined
      },
    }
    const body = bodyOf([])
    body.capAt(10)
    const exchange = exchangeOf({
      headers,
      body,
      webhook: { name: 'github', source: github, scheme: row('github').scheme, hops: 0 },
    })
    await webhookSignature.before(exchange, recordingPorts({ secrets }).ports)
    expect(asked).toEqual(['shop current'])
  })
})
