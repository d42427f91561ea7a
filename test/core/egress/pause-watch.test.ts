import { expect, it } from 'vitest'
import { PauseWatch } from '#core/egress/pause-watch.ts'

const after = (ms: number) => new Promise<'done'>(resolve => setTimeout(() => resolve('done'), ms))

it('ends a wait that takes too long, and counts no time in which nothing was waited for', async () => {
  const watch = new PauseWatch(60)
  for (let n = 0; n < 4; n++) {
    expect(await watch.within(after(1))).toBe('done')
    await after(40)
  }
  const startMs = performance.now()
  expect(await watch.within(new Promise(() => {}))).toBe('late')
  expect(performance.now() - startMs).toBeGreaterThan(50)
  watch.stop()
})

it('tells work that failed from work that is late, and ends with no timer left', async () => {
  const watch = new PauseWatch(20)
  expect(await watch.within(Promise.reject(new Error('broken')))).toBe('failed')
  const open = watch.within(new Promise(() => {}))
  watch.stop()
  expect(await Promise.race([open, after(60)])).toBe('done')
})
