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
export function eventually<Result>(condition: () => Result | Promise<Result>, timeoutMs = 20_000): Promise<Result> {
  return vi.waitFor(condition, { timeout: timeoutMs, interval: 10 })
}

/** Lets timers of one length run out at once; every other timer stays as it is. */
export function hurryTimersOf(lengthMs: number): void {
  changeTimersOf(lengthMs, 0)
}

/** Lets timers of one length run for a minute, so that a busy machine does not decide a test. */
export function stretchTimersOf(lengthMs: number): void {
  changeTimersOf(lengthMs, 60_000)
}

function changeTimersOf(lengthMs: number, newMs: number): void {
  const real = globalThis.setTimeout
  const changed = (work: () => void, ms?: number) => real(work, ms === lengthMs ? newMs : ms)
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(changed as typeof setTimeout)
  onTestFinished(() => spy.mockRestore())
}
