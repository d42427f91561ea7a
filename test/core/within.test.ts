import { expect, it, onTestFinished, vi } from 'vitest'
import { within } from '#core/within.ts'

/** The timers of a length that nothing else of this isolate waits for: earlier tests' objects may still be at work. */
function timersOf(ms: number) {
  const set = vi.spyOn(globalThis, 'setTimeout')
  const cleared = vi.spyOn(globalThis, 'clearTimeout')
  onTestFinished(() => {
    set.mockRestore()
    cleared.mockRestore()
  })
  return () => {
    const mine = set.mock.results.filter((_, at) => set.mock.calls[at]?.[1] === ms).map(({ value }) => value)
    return { set: mine, left: mine.filter(timer => !cleared.mock.calls.some(([other]) => other === timer)) }
  }
}

it('gives what the work gives, and leaves no timer behind', async () => {
  const timers = timersOf(54_321)
  expect(await within(54_321, Promise.resolve(7))).toBe(7)
  await expect(within(54_321, Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(timers()).toMatchObject({ set: [expect.anything(), expect.anything()], left: [] })
})

it('gives up when the time has passed, and not before', async () => {
  const startedMs = Date.now()
  await expect(within(123, new Promise(() => {}))).rejects.toThrow('no answer within 123 ms')
  // the runtime rounds both the clock and the wait
  expect(Date.now() - startedMs).toBeGreaterThanOrEqual(120)
})
