import { expect, it, vi } from 'vitest'
import { Patience } from '#core/forward/patience.ts'
import { eventually, hurryTimersOf } from '../../support/time.ts'

/** For so long nobody is watched. */
const beforeMs = 200

it('ends when the app has had its time, watched or not', async () => {
  for (const gone of [undefined, () => new AbortController().signal]) {
    const patience = new Patience(gone)
    patience.begin(beforeMs + 20)
    await eventually(() => expect([patience.signal.aborted, patience.isLeft]).toEqual([true, false]))
  }
})

it('ends when the caller goes away, before or while it is watched', async () => {
  hurryTimersOf(beforeMs)
  const early = new Patience(() => AbortSignal.abort())
  early.begin(30_000)
  await eventually(() => expect([early.signal.aborted, early.isLeft]).toEqual([true, true]))
  early.release()

  const caller = new AbortController()
  const gone = vi.fn(() => caller.signal)
  const late = new Patience(gone)
  late.begin(30_000)
  await eventually(() => expect(gone).toHaveBeenCalled())
  expect(late.signal.aborted).toBe(false)
  caller.abort()
  expect([late.signal.aborted, late.isLeft]).toEqual([true, true])
})

it('looks at no caller whose answer is there soon, and hears of none after that', async () => {
  const caller = new AbortController()
  const gone = vi.fn(() => caller.signal)
  const quick = new Patience(gone)
  quick.begin(30_000)
  quick.release()
  hurryTimersOf(beforeMs)
  const slow = new Patience(gone)
  slow.begin(30_000)
  await eventually(() => expect(gone).toHaveBeenCalledTimes(1))
  slow.release()
  caller.abort()
  expect([quick, slow].map(({ signal }) => signal.aborted)).toEqual([false, false])
})
