import type { Log } from '#core/ports.ts'

/** Log lines as Cloudflare collects them, and as `npm start` prints them: one JSON object a line. */
export const consoleLog: Log = {
  write(level, event, fields) {
    const line = JSON.stringify({ level, event, ...fields })
    // biome-ignore lint/suspicious/noConsole: the runtime's log is its console
    if (level === 'error') console.error(line)
    // biome-ignore lint/suspicious/noConsole: the runtime's log is its console
    else console.log(line)
  },
}
