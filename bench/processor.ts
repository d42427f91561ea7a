import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of /proc are 1/100 s on every Linux that Node supports. */
const microsecondsPerTick = 10_000

/** The workerd processes that this process has started, but for those known; none where there is no /proc. */
export function ownWorkerds(known: readonly number[] = []): number[] {
  return numbersIn('/proc').filter(pid => {
    const stat = statOf(pid)
    return stat?.name.startsWith('workerd') && stat.parent === process.pid && !known.includes(pid)
  })
}

/** CPU that a process and its threads have used since they started, in µs; `NaN` where that is not told. */
export function cpuMicroseconds(pid: number | undefined): number {
  return pid === undefined ? Number.NaN : (statOf(pid)?.ticks ?? Number.NaN) * microsecondsPerTick
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** `proc_pid_stat(5)`: the name stands in parentheses and may itself hold anything. */
function statOf(pid: number): { name: string; parent: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    return { name, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined
  }
}
