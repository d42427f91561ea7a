import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { batchesOf } from '#core/delivery/batches.ts'
import { keys } from '#core/keys.ts'
import { isolateBodyBytes } from '#core/pipeline/body.ts'
import { Secret } from '#core/secrets/secret.ts'
import { pieceBytes } from '#core/webhook/pieces.ts'
import { schemes } from '#core/webhook/schemes.ts'
import { signAs } from '#core/webhook/sign.ts'
import type { Env } from '#platform/env.ts'
import { r2Payloads } from '#platform/payloads-r2.ts'
import { bucketsOf } from '#platform/places.ts'
import { deliveries } from '#routes/deliveries.ts'
import { noise, sha256 } from '../support/bytes.ts'
import { sixAtMost } from '../support/connections.ts'
import { consignmentOf, courierPorts, signingKeys } from '../support/courier-ports.ts'
import { expectFault } from '../support/faults.ts'
import { gatedApp, push } from '../support/gated-app.ts'

const mib = 1_048_576
const payloads = r2Payloads(bucketsOf(env as unknown as Env))

it('forty bodies of 10 MiB at once are each taken or told to come again, and then delivered', {
  timeout: 60_000,
}, async () => {
  const body = new Uint8Array(10 * mib).fill(120)
  const seen = await gatedApp('large-forty')
  const answers = await Promise.all(Array.from({ length: 40 }, () => push('large-forty', { body })))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter(status => status !== 202 && status !== 503)).toEqual([])
  expect(statuses).toContain(202)
  for (const answer of answers.filter(({ status }) => status === 503)) {
    expect(answer.headers.get('retry-after')).toBe('5')
    await expectFault(answer, 'overloaded', 503)
  }
  const taken = statuses.filter(status => status === 202).length
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(taken)
  for (const { body: bytes } of seen) expect(bytes.length).toBe(body.length)
})

it('a forged body of 10 MiB leaves no object in R2', async () => {
  await gatedApp('large-forged')
  const body = noise(10 * mib)
  await expectFault(await push('large-forged', { body, secret: 'whsec_AAAA' }), 'signature-mismatch', 401)
  const { objects, truncated } = await env.PAYLOADS.list()
  expect(truncated).toBe(false)
  expect(objects.filter(({ key }) => key.includes('large-forged'))).toEqual([])
})

describe('a body in the payload store', () => {
  it('reaches the app byte for byte, signed with every key, in calls that keep to six connections', async () => {
    const app = 'large-batch'
    const body = noise(10 * mib)
    const seen: { headers: Record<string, string>; bytes: Uint8Array }[] = []
    const received = {
      async fetch(_: string, { headers, body }: RequestInit) {
        const bytes = new Uint8Array(await new Response(body ?? null).arrayBuffer())
        seen.push({ headers: Object.fromEntries(headers as Headers), bytes })
        return new Response('ok')
      },
    }
    const small = new Uint8Array([0xff, 0x00])
    const all = [undefined, undefined, small, small, undefined, undefined, undefined].map(row =>
      consignmentOf(app, row),
    )
    for (const { eventId, body: row } of all) if (!row) await env.PAYLOADS.put(keys.payload(eventId), body)

    for (const batch of batchesOf(all)) {
      const connections = sixAtMost(payloads, received)
      const { ports, settled, bodies } = courierPorts(app, connections.payloads, connections.upstreams)
      await deliveries(batch, ports)
      expect(settled.map(({ outcome }) => outcome.kind)).toEqual(batch.map(() => 'answered'))
      expect(connections.most()).toBeLessThanOrEqual(6)
      expect(bodies.heldBytes).toBe(0)
    }
    expect(seen).toHaveLength(7)
    const digest = await sha256(body)
    for (const { headers, bytes } of seen.filter(({ bytes }) => bytes.length > 2)) {
      expect(await sha256(bytes)).toBe(digest)
      expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    }
    const { headers, bytes } = seen.find(one => one.bytes.length > 2) ?? {
      headers: {} as Record<string, string>,
      bytes: small,
    }
    const input = { id: headers['webhook-id'] ?? '', timestampSeconds: Number(headers['webhook-timestamp']) }
    const secrets = Object.entries(signingKeys).map(([name, value]) => new Secret(name, value))
    const inHand = await signAs(schemes['standard-webhooks'], new Uint8Array(bytes), input, secrets)
    expect(headers).toMatchObject(inHand)
  })

  it('stands in memory by the piece only: forty of 10 MiB under way at once', { timeout: 60_000 }, async () => {
    const app = 'large-memory'
    const fill = await forty(app)
    expect(fill.outcomes).toEqual(Array.from({ length: 40 }, () => 'answered'))
    expect(fill.mostUnderWay).toBe(40)
    expect(fill.mostHeldBytes).toBeLessThanOrEqual(40 * 2 * pieceBytes)
    expect(fill.mostHeldBytes).toBeLessThan(isolateBodyBytes)
  })
})

/** Forty deliveries of 10 MiB, of which none ends before all have begun; counts the bytes that were read and not yet passed on. */
async function forty(app: string) {
  const piece = noise(pieceBytes)
  const pieces = (10 * mib) / pieceBytes
  let [heldBytes, mostHeldBytes, underWay, mostUnderWay] = [0, 0, 0, 0]
  const everyone = Promise.withResolvers<void>()
  const store = {
    async get() {
      const { readable, writable } = new FixedLengthStream(10 * mib)
      const writer = writable.getWriter()
      const fill = async () => {
        for (let n = 0; n < pieces; n++) {
          heldBytes += piece.length
          mostHeldBytes = Math.max(mostHeldBytes, heldBytes)
          await writer.write(piece)
          heldBytes -= piece.length
        }
        await writer.close()
      }
      fill().catch(() => {})
      return readable
    },
  }
  const slowApp = {
    async fetch(_: string, { body }: RequestInit) {
      const reader = (body as ReadableStream<Uint8Array>).getReader({ mode: 'byob' })
      underWay += 1
      mostUnderWay = Math.max(mostUnderWay, underWay)
      if (underWay === 40) everyone.resolve()
      await everyone.promise
      let buffer = new ArrayBuffer(pieceBytes)
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(buffer))
        if (done) break
        buffer = value.buffer as ArrayBuffer
      }
      underWay -= 1
      return new Response('ok')
    },
  }
  const { ports, settled } = courierPorts(app, store, slowApp)
  const all = Array.from({ length: 40 }, () => consignmentOf(app))
  await Promise.all(batchesOf(all).map(batch => deliveries(batch, ports)))
  return { outcomes: settled.map(({ outcome }) => outcome.kind), mostHeldBytes, mostUnderWay }
}
