import { keys } from '#core/keys.ts'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { secretVariable } from '#core/secrets/variable.ts'
import { freePort } from '../scripts/free-port.ts'
import { startGateway } from '../src/cli/machine/gateway.ts'
import { localKeys } from '../src/cli/machine/keys.ts'
import { statePaths } from '../src/cli/machine/paths.ts'
import { vendorSecret } from './vendor.ts'
import type { Target } from './worker.ts'

const appSecret = 'whsec_YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcms='

/** An app of the benchmark, and how its events are kept. */
export interface BenchApp {
  readonly name: string
  /** Events of one key are delivered one after the other. */
  readonly isOrdered?: true
  readonly shards?: number
  /** It lives where nothing is answered: its attempts give up after a second, and no breaker spares them. */
  readonly hangs?: true
}

/** The path that an app's vendor sends to. */
export const hookPath = (app: string) => `/hooks/${app}/repo`

/** The gateway, as `npm start` runs it, with apps that all live at one address, or at the one that hangs. */
export async function startGatewayTarget(
  state: string,
  apps: readonly BenchApp[],
  { upstream, hanging }: { readonly upstream: string; readonly hanging: string },
): Promise<Target> {
  const secrets = apps.flatMap(({ name }) => [
    [secretVariable(name, 'vendor'), vendorSecret],
    [secretVariable(name, 'app'), appSecret],
  ])
  const port = await freePort()
  const paths = statePaths(state)
  const variables = {
    ...Object.fromEntries(secrets),
    ...(await localKeys(paths, new Date())),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  }
  const miniflare = await startGateway({ port, resources: paths.resources, variables, isQuiet: true })
  const registry = await miniflare.getKVNamespace('REGISTRY', 'gatehouse')
  for (const app of apps) {
    const document = manifestOf(app, app.hangs ? hanging : upstream)
    const setting = { now: new Date(), publishedBy: 'bench', environment: 'local', renew: false }
    const { revision, pointer } = await publication(Manifest.parse(document), document, undefined, setting)
    await registry.put(keys.revision(app.name, revision.digest), JSON.stringify(revision))
    await registry.put(keys.pointer(app.name), JSON.stringify(pointer))
  }
  return { port, stop: () => miniflare.dispose() }
}

function manifestOf({ name, isOrdered, shards, hangs }: BenchApp, upstream: string) {
  const delivery = { ...(shards !== undefined && { shards }), ...(hangs && { timeoutMs: 1_000 }) }
  const order = isOrdered && { orderBy: '/key' }
  const retry = hangs && { retry: { attempts: 50, baseSeconds: 1, maxSeconds: 2 } }
  return {
    apiVersion: 'gatehouse/v1',
    kind: 'MicroApp',
    metadata: { name },
    spec: {
      owner: { user: 'bench', team: 'bench', contact: '#bench' },
      lifecycle: { stage: 'sandbox' },
      upstreams: [{ name: 'stable', url: upstream }],
      webhooks: { repo: { scheme: 'github', secrets: ['vendor'], path: '/events', delivery, ...order, ...retry } },
      signing: { secrets: ['app'] },
      ...(hangs && { breaker: { failurePercent: 100, minRequests: 1_000, windowSeconds: 1 } }),
    },
  }
}
