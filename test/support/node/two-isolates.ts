import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { bundleWorker } from '#cli/machine/bundle.ts'
import { root } from '#cli/machine/paths.ts'
import { publication, registryItems } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { freePort } from '../../../scripts/free-port.ts'
import { signingBindings } from '../signing-keys.ts'

/**
 * The gateway twice in one workerd: two isolates with a memory of their own each, that share the Durable Objects and
 * the registry, as isolates on Cloudflare do.
 */
export async function startTwoIsolates(resources: string, documents: readonly unknown[]) {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, 'wrangler.toml'))
  const modules = [{ type: 'ESModule' as const, path: 'worker.js', contents: await bundleWorker() }]
  const ports = [await freePort(), await freePort()]
  const bindings = { ...(workerOptions.bindings as object), ...signingBindings, ENVIRONMENT: 'local' }
  const worker = (name: string, port: number | undefined) => ({
    ...workerOptions,
    ...{ name, bindings, modules },
    unsafeDirectSockets: [{ host: '127.0.0.1', ...(port !== undefined && { port }) }],
  })
  const objects = Object.entries((workerOptions.durableObjects ?? {}) as Record<string, { className: string }>)
  const shared = objects.map(([binding, { className }]) => [binding, { className, scriptName: 'gatehouse' }])
  const second = { ...worker('second', ports[1]), durableObjects: Object.fromEntries(shared), queueConsumers: {} }
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...{ host: '127.0.0.1', port: 0, cf: false, logRequests: false, resourcePersistencePath: resources },
      handleStructuredLogs: () => {},
      workers: [worker('gatehouse', ports[0]), second],
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  await miniflare.ready
  const registry = await miniflare.getKVNamespace('REGISTRY', 'gatehouse')
  const setting = { now: new Date(), publishedBy: 'tests', environment: 'local', renew: false }
  for (const document of documents) {
    const made = await publication(Manifest.parse(document), document, undefined, setting)
    for (const { key, value } of registryItems([made])) await registry.put(key, value)
  }
  return { urls: ports.map(port => `http://127.0.0.1:${port}`), stop: () => miniflare.dispose() }
}
