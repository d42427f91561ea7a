import { readFile, statfs } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { root } from '../src/cli/machine/paths.ts'

/** Where figures were measured. Without it they mean nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** GiB, rounded. */
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  readonly workerd: string
  /** Where the state lies. In memory nothing is durable, and the figures are about twice as good as on a disk. */
  readonly state: 'disk' | 'memory'
  /** RFC 3339, UTC. */
  readonly date: string
}

/** The types of tmpfs and ramfs, from statfs(2). */
const memoryTypes = [0x01021994, 0x858458f6]

/** The machine this process runs on, and the versions that are measured. */
export async function thisMachine(now: Date): Promise<Machine> {
  const workerd = JSON.parse(await readFile(join(root, 'node_modules/workerd/package.json'), 'utf8'))
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    workerd: workerd.version,
    state: memoryTypes.includes((await statfs(tmpdir())).type) ? 'memory' : 'disk',
    date: now.toISOString(),
  }
}

/** One line that names the machine, and where the state lies. */
export function machineLine(machine: Machine): string {
  const place =
    machine.state === 'disk' ? 'on disk' : 'IN MEMORY, so nothing is durable: set TMPDIR to a folder on a disk'
  return `${processorLine(machine)}; state ${place}`
}

/** The same for measurements in which nothing lies on a disk on purpose. */
export function processorLine({ cpu, cores, memoryGiB, platform, node, workerd, date }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}; Node ${node}, workerd ${workerd}; ${date}`
}
