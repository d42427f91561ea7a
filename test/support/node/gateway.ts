import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '#cli/machine/paths.ts'

/** A folder that is removed when the test that uses it ends. */
export async function temporaryFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Writes files below a folder, making what is missing. */
export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs the CLI to its end, as `npx gatehouse` does.
 *
 * @param heard is told everything that it has said on standard error so far, each time it says more
 */
export async function gatehouse(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  heard?: (stderr: string) => void,
): Promise<Ran> {
  const command = [join(root, 'src/cli/main.ts'), ...args]
  return ended(spawn(process.execPath, command, { cwd: root, env: { ...process.env, ...env } }), heard)
}

/** Runs a line in a shell at the repository's root. */
export async function shell(line: string, cwd: string = root): Promise<Ran> {
  return ended(spawn('sh', ['-c', line], { cwd, env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } }))
}

/** Runs a module to its end, with the packages of this repository at hand. */
export async function evaluated(code: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const args = ['--input-type=module', '--eval', code]
  return ended(spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } }))
}

async function ended(child: ChildProcess, heard?: (stderr: string) => void): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', chunk => {
    stdout += chunk
  })
  child.stderr?.on('data', chunk => {
    stderr += chunk
    heard?.(stderr)
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

export interface Started {
  readonly url: string
  readonly process: ChildProcess
  /** What it has printed so far, both streams. */
  output(): string
  stop(): Promise<void>
}

/** Starts `gatehouse start` in a process of its own and waits until it says that it is listening. */
export async function startGatehouse(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const command = [join(root, 'src/cli/main.ts'), 'start', ...args]
  const child = spawn(process.execPath, command, { cwd: root, env: { ...process.env, ...env } })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      const url = (/^Gatehouse is listening on (\S+)$/m.exec(output) ?? /"url":"([^"]+)"/.exec(output))?.[1]
      if (url) resolve(url)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('close', code => reject(new Error(`start ended with ${code}:\n${output}`)))
  })
  return {
    url,
    process: child,
    output: () => output,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'close')
    },
  }
}

/** Waits until something holds; for what another process does, where no clock can be moved. */
export async function until<Value>(
  what: string,
  probe: () => Promise<Value | undefined | false>,
  timeoutMs = 60_000,
): Promise<Value> {
  const endMs = Date.now() + timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    if (Date.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
