import { onceFor } from '#core/once.ts'
import type { Log } from '#core/ports.ts'
import { Promised } from '#core/promised.ts'

/** Log lines as Cloudflare collects them, and as `npm start` prints them: one JSON object a line. */
export const consoleLog: Log = {
  write(level, event, fields, shared = []) {
    const line = JSON.stringify(Object.assign({ level, event, ...fields }, ...shared))
    // biome-ignore lint/suspicious/noConsole: the runtime's log is its console
    if (level === 'error') console.error(line)
    // biome-ignore lint/suspicious/noConsole: the runtime's log is its console
    else console.log(line)
  },
}

/**
 * Records of calls gather so long, or so many of them, before they are printed. So many fit in the 64 KiB of a pipe:
 * a larger write would wait for its reader, and every request with it.
 */
const gatherMs = 100
const gatheredAtMost = 24
const gathered = new Set(['request', 'egress'])

/** Fields that many lines share, as they stand in a line. */
const textOf = onceFor((part: object) => {
  const members = JSON.stringify(part).slice(1, -1)
  return members === '' ? '' : `,${members}`
})

/**
 * The log of one machine, where every line is a write to the terminal or a file, which costs more than the
 * call it tells of: records of calls are written several at once. All other lines go out as they come.
 */
export function gatheringLog(background: (work: Promise<unknown>) => void, nowMs: () => number): Log {
  let lines: string[] = []
  const nextPrint = new Promised(gatherMs, background, print)
  return {
    write(level, event, fields, shared = []) {
      if (!gathered.has(event) || level === 'error') return consoleLog.write(level, event, fields, shared)
      // written apart from what tells of the call, which would have to be copied
      let line = `{"level":"${level}","event":"${event}"`
      for (const part of shared) line += textOf(part)
      lines.push(`${line},${JSON.stringify(fields).slice(1)}`)
      if (lines.length >= gatheredAtMost) return print()
      nextPrint.make(nowMs())
    },
  }

  function print(): void {
    if (lines.length === 0) return
    const text = lines.join('\n')
    lines = []
    nextPrint.kept()
    // biome-ignore lint/suspicious/noConsole: the runtime's log is its console
    console.log(text)
  }
}
