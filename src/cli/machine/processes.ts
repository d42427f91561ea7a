import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../output.ts'

/** What a running gateway leaves beside its state, so that the next start knows its orphans. */
interface Running {
  readonly pid: number
  readonly workerds: readonly number[]
  readonly port: number
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** Notes which processes serve a state folder. */
export async function noteRunning(file: string, port: number): Promise<void> {
  const running: Running = { pid: process.pid, workerds: ownWorkerds(), port }
  await writeFile(file, JSON.stringify(running))
}

/** The workerd processes that this process started. */
export function ownWorkerds(): number[] {
  return processes()
    .filter(({ parent, command }) => parent === process.pid && isWorkerd(command))
    .map(({ pid }) => pid)
}

/**
 * Ends the workerd processes that an earlier gateway on this state left behind when it was killed: they
 * hold its port and its files. One that had just been started again may not have been noted; it is known by
 * the port.
 *
 * @returns how many there were
 * @throws Failure when that gateway is still running
 */
export async function reclaim(file: string, port: number): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (!text) return 0
  const earlier = JSON.parse(text) as Running
  const alive = processes()
  if (
    earlier.pid !== process.pid &&
    alive.some(({ pid, command }) => pid === earlier.pid && command.includes('main.ts'))
  ) {
    throw new Failure(
      `A gateway is already running on this state (process ${earlier.pid}, port ${earlier.port}). Stop it, or use another --state.`,
    )
  }
  const isGateway = (parent: number) => alive.some(({ pid, command }) => pid === parent && command.includes('main.ts'))
  const listening = listenersOn(port)
  const orphans = alive.filter(
    ({ pid, parent, command }) =>
      isWorkerd(command) && (earlier.workerds.includes(pid) || (!isGateway(parent) && listening(pid))),
  )
  for (const { pid } of orphans) process.kill(pid, 'SIGKILL')
  for (let waitedMs = 0; orphans.length > 0 && waitedMs < 2_000; waitedMs += 50) {
    const left = new Set(processes().map(({ pid }) => pid))
    if (!orphans.some(({ pid }) => left.has(pid))) break
    await delay(50)
  }
  return orphans.length
}

/** Tells of a process whether it listens on a port; only on Linux, elsewhere none does. */
function listenersOn(port: number): (pid: number) => boolean {
  if (process.platform !== 'linux') return () => false
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  const columns = rows.map(row => row.trim().split(/\s+/))
  // proc_net_tcp(5): address, peer, state (0A: listening), and in the tenth column the socket
  const sockets = columns.flatMap(([, address, , state, ...more]) =>
    address?.endsWith(local) && state === '0A' ? [`socket:[${more[5]}]`] : [],
  )
  return pid => {
    try {
      const folder = `/proc/${pid}/fd`
      return sockets.length > 0 && readdirSync(folder).some(fd => sockets.includes(linkIn(folder, fd)))
    } catch {
      return false
    }
  }
}

function linkIn(folder: string, name: string): string {
  try {
    return readlinkSync(`${folder}/${name}`)
  } catch {
    return ''
  }
}

function isWorkerd(command: string): boolean {
  return /(^|\/)workerd(\s|$)/.test(command)
}

function processes(): Process[] {
  return process.platform === 'linux' ? linuxProcesses() : otherProcesses()
}

/** From /proc, since a bare machine may have no `ps`. Zombies hold nothing and are left out. */
function linuxProcesses(): Process[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), command }]
    } catch {
      return []
    }
  })
}

function otherProcesses(): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap(line => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return pid && parent && command ? [{ pid: Number(pid), parent: Number(parent), command }] : []
  })
}
