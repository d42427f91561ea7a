import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BodyBudget, BodyReader, isolateBodyBytes } from '#core/pipeline/body.ts'
import { bodyOf, streamOf } from '../../support/ports.ts'

const bytes = (length: number) => new Uint8Array(length).fill(7)

/** A reader with its cap set. */
function capped(cap: number, ...[chunks, options]: Parameters<typeof bodyOf>): BodyReader {
  const body = bodyOf(chunks, options)
  body.capAt(cap)
  return body
}

describe('a body', () => {
  it('is the same bytes, however it is cut and whatever length it states', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(chunks, fc.option(fc.nat(1000).map(String), { nil: null }), async (chunks, contentLength) => {
        const budget = new BodyBudget()
        const body = capped(1000, chunks, { contentLength, budget })
        expect([...(await body.read())]).toEqual(chunks.flatMap(chunk => [...chunk]))
        body.release()
        expect(budget.heldBytes).toBe(0)
      }),
    )
  })

  it('is empty where there is none', async () => {
    const body = new BodyReader(() => null, null, new BodyBudget())
    body.capAt(10)
    expect(await body.read()).toEqual(new Uint8Array())
  })

  it('may come from a store that answers later', async () => {
    const body = new BodyReader(async () => streamOf([bytes(3)]), null, new BodyBudget())
    body.capAt(10)
    expect(await body.read()).toHaveLength(3)
  })

  it('fails with the error of its stream', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull() {
        throw new Error('connection lost')
      },
    })
    const body = new BodyReader(() => broken, null, new BodyBudget())
    body.capAt(10)
    await expect(body.read()).rejects.toThrow('connection lost')
  })
})

describe('the cap', () => {
  it('lets a body of exactly that length through, and none that is a byte longer', async () => {
    for (const contentLength of [null, '10'])
      expect(await capped(10, [bytes(10)], { contentLength }).read()).toHaveLength(10)
    for (const contentLength of [null, '11', '10', '0'])
      await expect(capped(10, [bytes(5), bytes(6)], { contentLength }).read()).rejects.toMatchObject({
        code: 'body-too-large',
      })
  })

  it('refuses by the stated length without opening the stream', async () => {
    const body = new BodyReader(
      () => {
        throw new Error('opened')
      },
      '11',
      new BodyBudget(),
    )
    body.capAt(10)
    await expect(body.read()).rejects.toMatchObject({ code: 'body-too-large' })
  })

  it('holds against a content-length that states less than there is', async () => {
    await expect(capped(10, [bytes(11)], { contentLength: '1' }).read()).rejects.toMatchObject({
      code: 'body-too-large',
    })
    expect(await capped(10, [bytes(9)], { contentLength: '1' }).read()).toHaveLength(9)
  })

  it('lets nothing be read before it is set', async () => {
    await expect(bodyOf([bytes(1)]).read()).rejects.toMatchObject({ code: 'body-too-large' })
  })

  it('stops the stream of a body that passes it', async () => {
    let isCancelled = false
    const stream = streamOf(
      Array.from({ length: 1000 }, () => bytes(5)),
      () => {
        isCancelled = true
      },
    )
    const body = new BodyReader(() => stream, null, new BodyBudget())
    body.capAt(10)
    await expect(body.read()).rejects.toMatchObject({ code: 'body-too-large' })
    expect(isCancelled).toBe(true)
  })
})

describe('a body on its way', () => {
  const broken = async (body: BodyReader) => {
    let calls = 0
    const stream = await body.forwarded(() => {
      calls += 1
    })
    if (!(stream instanceof ReadableStream)) throw new Error('no stream')
    await new Response(stream).arrayBuffer().catch(() => {})
    return { calls, failure: body.failure?.code }
  }

  it('that ends before its time, or passes the cap, is broken off once and told as what it is', async () => {
    const cut = new ReadableStream<Uint8Array>({ pull: controller => controller.error(new Error('gone')) })
    const early = new BodyReader(() => cut, null, new BodyBudget())
    early.capAt(10)
    expect(await broken(early)).toEqual({ calls: 1, failure: 'request-invalid' })
    expect(await broken(capped(5, [bytes(3), bytes(3)]))).toEqual({ calls: 1, failure: 'body-too-large' })
    expect(await broken(capped(6, [bytes(3), bytes(3)]))).toEqual({ calls: 0, failure: undefined })
  })

  it('of a small stated length is sent whole, so that the sender’s slowness is not the app’s', async () => {
    const budget = new BodyBudget(100_000)
    const forwarded = async (text: string) => {
      const body = new BodyReader(() => new Blob([text]).stream(), String(text.length), budget, 50)
      body.capAt(1_000_000)
      await body.readSmall()
      return body.forwarded(() => {})
    }
    expect(await forwarded('small')).toEqual(new TextEncoder().encode('small'))
    expect(await forwarded('x'.repeat(70_000))).toBeInstanceOf(ReadableStream)
    budget.take(50_000)
    expect(await forwarded('small')).toBeInstanceOf(ReadableStream)
    budget.give(50_000)
    const silent = new BodyReader(() => new ReadableStream(), '5', budget, 50)
    silent.capAt(10)
    await expect(silent.readSmall()).rejects.toMatchObject({ code: 'request-invalid' })
  })

  it('that is empty is none, read or not', async () => {
    expect(await capped(10, [], { contentLength: '0' }).forwarded(() => {})).toBeNull()
    const read = capped(10, [])
    await read.read()
    expect(await read.forwarded(() => {})).toBeNull()
  })
})

describe('what content-length states', () => {
  it('is a number of digits only, or nothing', () => {
    const stated = (contentLength: string | null) => bodyOf([], { contentLength }).statedBytes
    expect(stated('0')).toBe(0)
    expect(stated('123')).toBe(123)
    for (const text of [null, '', '-1', '1.5', '1e3', ' 1', '0x10', '1, 1', '9'.repeat(16)])
      expect(stated(text)).toBeUndefined()
  })
})

describe('the budget of an isolate', () => {
  it('is 48 MiB', () => {
    expect(isolateBodyBytes).toBe(48 * 1024 * 1024)
    const budget = new BodyBudget()
    expect(budget.take(isolateBodyBytes)).toBe(true)
    expect(budget.take(1)).toBe(false)
  })

  it('refuses as overloaded what it has no room for, stated or not, and takes nothing for it', async () => {
    const budget = new BodyBudget(10)
    budget.take(6)
    for (const contentLength of [null, '5']) {
      const body = capped(100, [bytes(5)], { contentLength, budget })
      await expect(body.read()).rejects.toMatchObject({ code: 'overloaded' })
      expect(budget.heldBytes).toBe(6)
    }
    expect(await capped(100, [bytes(4)], { budget }).read()).toHaveLength(4)
  })

  it('is taken by the stated length before the body comes', async () => {
    const budget = new BodyBudget(10)
    await capped(100, [bytes(2)], { contentLength: '8', budget }).read()
    expect(budget.heldBytes).toBe(8)
  })

  it('is hardly touched by who states much and sends little', async () => {
    const budget = new BodyBudget(10_000_000)
    const sent = new Uint8Array(100_000)
    const stream = new ReadableStream({ start: controller => controller.enqueue(sent) })
    const body = new BodyReader(() => stream, '10000000', budget, 50)
    body.capAt(10_000_000)
    const reading = body.read()
    expect(budget.heldBytes).toBe(65_536)
    await expect(reading).rejects.toMatchObject({ code: 'request-invalid' })
    expect(budget.heldBytes).toBe(2 * sent.length)
  })

  it('gets back all that a body took, once, also after the body was refused half way', async () => {
    const budget = new BodyBudget(100)
    const read = capped(50, [bytes(20), bytes(20)], { budget })
    const refused = capped(30, [bytes(20), bytes(20)], { budget })
    await read.read()
    await expect(refused.read()).rejects.toThrow()
    expect(budget.heldBytes).toBe(60)
    for (const body of [read, refused, read, refused]) body.release()
    expect(budget.heldBytes).toBe(0)
  })
})
