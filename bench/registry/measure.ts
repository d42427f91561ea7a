import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '#cli/machine/paths.ts'
import { monotonicMs } from '../monotonic.ts'

/** What one command took. */
export interface RegistryFigure {
  readonly what: string
  readonly seconds: number
  /** What is asked for, with 10,000 manifests. */
  readonly atMost: number
}

/** So many manifests, checked and compared as in CI: each command is a process of its own that knows nothing of the one before. */
export async function measureRegistry(count: number, progress: (line: string) => void): Promise<RegistryFigure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  try {
    const registry = join(folder, 'registry')
    await mkdir(registry)
    const text = await readFile(join(root, 'examples/registry/shop.yaml'), 'utf8')
    const manifest = (n: number, more = (one: string) => one) =>
      writeFile(join(registry, `app-${n}.yaml`), more(text.replace('name: shop', `name: app-${n}`)))
    for (let n = 0; n < count; n++) await manifest(n)

    const bulk = join(folder, 'bulk.json')
    const place = [registry, '--environment', 'local']
    const timed = async (what: string, atMost: number, args: readonly string[]): Promise<RegistryFigure> => {
      progress(`${what} …`)
      return { what, seconds: await secondsOf(args), atMost }
    }
    const build = await timed(`build of ${count}`, 20, ['build', ...place, '--out', bulk])
    const same = await timed(`diff of ${count}, none changed`, 5, ['diff', ...place, '--against', bulk])
    for (let n = 0; n < 10; n++) await manifest(n, one => one.replace('path: /', 'path: /next/'))
    const changed = await timed(`diff of ${count}, 10 changed`, 5, ['diff', ...place, '--against', bulk])
    return [build, same, changed]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function secondsOf(args: readonly string[]): Promise<number> {
  const startMs = monotonicMs()
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', chunk => {
    complaints += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`gatehouse ${args[0]} ended with ${code}:\n${complaints}`)
  return (monotonicMs() - startMs) / 1_000
}
