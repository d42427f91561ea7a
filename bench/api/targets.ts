import { exportJWK, generateKeyPair } from 'jose'
import { keys } from '#core/keys.ts'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { freePort } from '../../scripts/free-port.ts'
import { startGateway } from '../../src/cli/machine/gateway.ts'
import type { Target } from '../worker.ts'

/** Apps published side by side; the emulator's KV takes no more at once. */
const publishedAtOnce = 50

export const appName = (index: number) => `bench-${index}`

/** The gateway, as `npm start` runs it, with so many apps that ask for a token, a scope and a limit, all at one address. */
export async function startApiGateway(
  resources: string,
  apps: number,
  upstream: string,
  issuer: string,
): Promise<Target> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const signing = { ...(await exportJWK(privateKey)), kid: 'gateway', alg: 'ES256', use: 'sig' }
  const port = await freePort()
  const variables = { SIGNING_KEYS: JSON.stringify({ keys: [signing] }), TOKEN_ISSUER: 'https://gate.example.com' }
  const miniflare = await startGateway({ port, resources, variables, isQuiet: true })
  const registry = await miniflare.getKVNamespace('REGISTRY', 'gatehouse')
  for (let from = 0; from < apps; from += publishedAtOnce) {
    const names = Array.from({ length: Math.min(publishedAtOnce, apps - from) }, (_, n) => appName(from + n))
    await Promise.all(
      names.map(async name => {
        const document = manifestOf(name, upstream, issuer)
        const setting = { now: new Date(), publishedBy: 'bench', environment: 'local', renew: false }
        const { revision, pointer } = await publication(Manifest.parse(document), document, undefined, setting)
        await registry.put(keys.revision(name, revision.digest), JSON.stringify(revision))
        await registry.put(keys.pointer(name), JSON.stringify(pointer))
      }),
    )
  }
  return { port, stop: () => miniflare.dispose() }
}

export function manifestOf(name: string, upstream: string, issuer: string) {
  return {
    apiVersion: 'gatehouse/v1',
    kind: 'MicroApp',
    metadata: { name },
    spec: {
      owner: { user: 'bench', team: 'bench', contact: '#bench' },
      lifecycle: { stage: 'sandbox' },
      upstreams: [{ name: 'stable', url: upstream }],
      api: {
        issuers: [{ issuer, audiences: ['bench'], algorithms: ['ES256'], jwksUri: `${issuer}/keys` }],
        routes: [
          { path: '/v1/items', methods: ['GET', 'POST'], scopes: ['items:read'] },
          { path: '/v1/items/{id}', methods: ['GET'], scopes: ['items:read'] },
        ],
      },
      limits: { rate: [{ name: 'bench', limit: 1_000_000_000, windowSeconds: 60, per: 'caller' }] },
    },
  }
}
