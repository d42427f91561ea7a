import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Failure } from '../output.ts'
import { root } from './paths.ts'

/** Where the sample micro-app listens; the example manifests name it. */
export const samplePort = 8788

/**
 * Starts the sample micro-app in a process of its own. It ends with its standard input, so that it never
 * outlives this process, however that ends.
 *
 * @param keys the `whsec_` keys it verifies deliveries with
 */
export async function startSample(keys: readonly string[], port: number = samplePort): Promise<{ stop(): void }> {
  const child = spawn(process.execPath, [join(root, 'examples/sample-app/main.ts')], {
    env: { PORT: String(port), SIGNING_KEYS: keys.join(' ') },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const isListening = await new Promise<boolean>(resolve => {
    child.stdout.once('data', () => resolve(true))
    child.once('exit', () => resolve(false))
  })
  if (!isListening)
    throw new Failure(`The sample micro-app could not listen on port ${port}. Free it, or start with --no-samples.`)
  return { stop: () => child.kill() }
}
