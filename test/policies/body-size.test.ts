import { describe, expect, it } from 'vitest'
import { BodyBudget } from '#core/pipeline/body.ts'
import { bodySize } from '#policies/body-size.ts'
import { bodyOf, entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

const { ports } = recordingPorts()
const entry = entryOf({ limits: { bodyBytes: 10 } })
const arriving = (length: number, contentLength: string | null = null, budget = new BodyBudget()) =>
  exchangeOf({ entry, body: bodyOf([new Uint8Array(length)], { contentLength, budget }) })

describe('body-size', () => {
  it('denies by content-length before a byte is read', async () => {
    expect(await bodySize.before(arriving(0, '11'), ports)).toMatchObject({ kind: 'deny', fault: 'body-too-large' })
    expect(await bodySize.before(arriving(0, '10'), ports)).toMatchObject({ kind: 'pass' })
  })

  it('sets the cap that the read obeys, whatever the length stated', async () => {
    const exact = arriving(10)
    await bodySize.before(exact, ports)
    expect(await exact.body.read()).toHaveLength(10)
    for (const contentLength of [null, '1']) {
      const longer = arriving(11, contentLength)
      expect(await bodySize.before(longer, ports)).toMatchObject({ kind: 'pass' })
      await expect(longer.body.read()).rejects.toMatchObject({ code: 'body-too-large' })
    }
  })

  it('gives the isolate its memory back at the end', async () => {
    const budget = new BodyBudget()
    const exchange = arriving(10, null, budget)
    await bodySize.before(exchange, ports)
    await exchange.body.read()
    expect(budget.heldBytes).toBe(10)
    await bodySize.after?.(exchange, ports)
    expect(budget.heldBytes).toBe(0)
  })
})
