import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { freePort } from '../scripts/free-port.ts'
import { network } from '../src/cli/machine/gateway.ts'

export interface Target {
  readonly port: number
  stop(): Promise<void>
}

interface WorkerOptions {
  readonly variables?: Readonly<Record<string, string>>
  readonly compatibilityFlags?: readonly string[]
  /** Gives it the gateway's own way out, past the worker that the emulator puts before a plain `fetch`. */
  readonly hasNetwork?: boolean
  /** What esbuild has to be told of this worker alone. */
  readonly bundled?: BuildOptions
}

/** A worker of the benchmarks, by its file below `bench`, on the workerd that the gateway runs on. */
export async function startWorker(
  file: string,
  options: WorkerOptions = {},
): Promise<Target & { miniflare: Miniflare }> {
  const { variables = {}, compatibilityFlags = [], hasNetwork = false, bundled } = options
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, file)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    ...bundled,
  })
  const port = await freePort()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      workers: [
        {
          name: 'bench',
          compatibilityDate: '2026-10-20',
          compatibilityFlags: [...compatibilityFlags],
          bindings: { ...variables },
          ...(hasNetwork && { serviceBindings: { NETWORK: network } }),
          // the same kind of socket as the gateway's
          unsafeDirectSockets: [{ host: '127.0.0.1', port }],
          modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles?.[0]?.text ?? '' }],
        },
      ],
    }),
  )
  await miniflare.ready
  return { port, miniflare, stop: () => miniflare.dispose() }
}
