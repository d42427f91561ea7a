import { afterEach, expect, it, vi } from 'vitest'
import { gatheringLog } from '#platform/console-log.ts'

afterEach(() => void vi.restoreAllMocks())

function gathering() {
  const printed: string[] = []
  vi.spyOn(console, 'log').mockImplementation(text => void printed.push(text))
  vi.spyOn(console, 'error').mockImplementation(text => void printed.push(text))
  const background: Promise<unknown>[] = []
  const log = gatheringLog(
    work => void background.push(work),
    () => Date.now(),
  )
  const lines = () => printed.flatMap(text => text.split('\n')).map(line => JSON.parse(line))
  return { log, printed, lines, background }
}

it('records of calls are printed several at once, in a write that fits in a pipe, and none is lost', async () => {
  const { log, printed, lines, background } = gathering()
  const detail = 'x'.repeat(1_000)
  for (let n = 0; n < 100; n++) log.write('info', 'request', { n, detail })
  await Promise.all(background)
  expect(lines()).toEqual(Array.from({ length: 100 }, (_, n) => ({ level: 'info', event: 'request', n, detail })))
  expect(printed.length).toBeLessThan(10)
  expect(Math.max(...printed.map(text => JSON.stringify(text).length))).toBeLessThan(65_536)
})

it('what is no record of a call is printed as it comes, errors too', () => {
  const { log, lines } = gathering()
  log.write('info', 'audit', { n: 1 })
  log.write('error', 'request', { n: 2 })
  expect(lines().map(({ n }) => n)).toEqual([1, 2])
})
