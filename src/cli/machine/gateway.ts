import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import type { Miniflare } from 'miniflare'
import { bundleWorker } from './bundle.ts'
import { root } from './paths.ts'

export interface GatewayOptions {
  readonly port: number
  /** Where KV, Durable Objects and R2 keep their files. */
  readonly resources: string
  /** Variables and secrets, beside the bindings that wrangler.toml names. */
  readonly variables: Readonly<Record<string, string>>
  /** Keeps the worker's log lines to itself. */
  readonly isQuiet?: boolean
  /** Called when workerd has died by itself and runs again; its state is on disk, so nothing is lost. */
  readonly onRestarted?: () => Promise<void>
}

/** What the emulator gives a plain `fetch`, CAs of `NODE_EXTRA_CA_CERTS` included. */
export const network = {
  network: {
    allow: ['public', 'private', '240.0.0.0/4'],
    tlsOptions: { trustBrowserCas: true, trustedCertificates: getCACertificates('extra') },
  },
}

/**
 * The gateway on workerd. It listens on a socket of its own on loopback, and asks the network itself, so that the
 * emulator's workers at either end are not in the way of requests.
 */
export async function startGateway({
  port,
  resources,
  variables,
  isQuiet = false,
  onRestarted,
}: GatewayOptions): Promise<Miniflare> {
  // Loading these takes longer than most commands, which need neither.
  const { convertV4MiniflareOptions, Miniflare } = await import('miniflare')
  const { unstable_getMiniflareWorkerOptions } = await import('wrangler')
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, 'wrangler.toml'))
  const contents = await bundleWorker()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      ...(onRestarted && { unsafeHandleRuntimeRestart: onRestarted }),
      ...(isQuiet && { handleStructuredLogs: () => {} }),
      resourcePersistencePath: resources,
      workers: [
        {
          ...workerOptions,
          name: 'gatehouse',
          bindings: { ...(workerOptions.bindings as object), ...variables, ENVIRONMENT: 'local' },
          serviceBindings: { ...(workerOptions.serviceBindings as object), NETWORK: network },
          unsafeDirectSockets: [{ host: '127.0.0.1', port }],
          modules: [{ type: 'ESModule', path: 'worker.js', contents }],
        },
      ],
    }),
  )
  await miniflare.ready
  return miniflare
}
