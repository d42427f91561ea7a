import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { within } from '#core/within.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('gives what the work gives, and leaves no timer behind', async () => {
  expect(await within(1_000, Promise.resolve(7))).toBe(7)
  await expect(within(1_000, Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(vi.getTimerCount()).toBe(0)
})

it('gives up when the time has passed, and not before', async () => {
  const wait = within(1_000, new Promise(() => {}))
  const outcome = wait.catch((error: Error) => error.message)
  await vi.advanceTimersByTimeAsync(999)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(await outcome).toBe('no answer within 1000 ms')
})
