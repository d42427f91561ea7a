import { onTestFinished, vi } from 'vitest'

/**
 * Moves the clock, also inside Durable Objects; from then on it stands until it is moved again, or the
 * test ends. Timers stay real, and so do alarms: run those with `runDurableObjectAlarm`.
 */
export function moveTimeBy(ms: number): void {
  moveTimeTo(Date.now() + ms)
}

/** Sets the clock to a moment; see `moveTimeBy`. */
export function moveTimeTo(moment: Date | string | number): void {
  vi.setSystemTime(new Date(moment))
  onTestFinished(() => void vi.useRealTimers())
}

/** Waits for what happens asynchronously, a bounded time, and returns what the condition returned. */
export function eventually<Result>(condition: () => Result | Promise<Result>, timeoutMs = 8_000): Promise<Result> {
  return vi.waitFor(condition, { timeout: timeoutMs, interval: 10 })
}

/** Lets timers of one length run out at once; every other timer stays as it is. */
export function hurryTimersOf(lengthMs: number): void {
  const real = globalThis.setTimeout
  const hurried = (work: () => void, ms?: number) => real(work, ms === lengthMs ? 0 : ms)
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(hurried as typeof setTimeout)
  onTestFinished(() => spy.mockRestore())
}
