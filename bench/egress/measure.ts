import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import { AppTokens } from '#core/identity/app-token.ts'
import { TokenKeys } from '#core/identity/token-keys.ts'
import { keys } from '#core/keys.ts'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { Secret } from '#core/secrets/secret.ts'
import { secretVariable } from '#core/secrets/variable.ts'
import { freePort } from '../../scripts/free-port.ts'
import { startGateway } from '../../src/cli/machine/gateway.ts'
import type { LoadCall, LoadReport } from '../api/load.ts'
import { type ApiFigure, bareProxyPast, figures, type Measured } from '../api/measure.ts'
import { ownWorkerds } from '../processor.ts'
import { startSubprocess } from '../subprocess.ts'
import { startWorker, type Target } from '../worker.ts'

export interface EgressExtent {
  readonly connections: readonly number[]
  /** How many rules the app has, in turn. */
  readonly rules: readonly number[]
  readonly seconds: number
  readonly rounds: number
}

export const full: EgressExtent = { connections: [1, 16], rules: [10, 1_000], seconds: 2, rounds: 8 }
export const quick: EgressExtent = { connections: [16], rules: [10, 1_000], seconds: 1, rounds: 3 }

const issuer = 'https://gate.example.com'

/** Measures the way out (token, rules, credential, scrubbing, record) beside a bare proxy on the same workerd. */
export async function measureEgress(extent: EgressExtent, say: (line: string) => void): Promise<ApiFigure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  const load = startSubprocess<LoadCall, LoadReport>('api/load.ts')
  const started: Target[] = []
  let known: number[] = []
  const noted = async (name: string, target: Promise<Target>, request: (port: number) => string): Promise<Measured> => {
    const { port } = await target.then(running => {
      started.push(running)
      return running
    })
    const [pid] = ownWorkerds(known)
    known = ownWorkerds()
    return { name, port, pid, requests: [request(port)] }
  }
  try {
    const upstream = await startWorker('api/upstream-worker.ts')
    started.push(upstream)
    known = ownWorkerds()
    const bare = startWorker('api/bare-proxy.ts', {
      variables: { UPSTREAM: `http://localhost:${upstream.port}` },
      hasNetwork: true,
    })
    const targets = [await noted(bareProxyPast, bare, () => requestOf('/apps/bench/v1/items'))]
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const set = JSON.stringify({
      keys: [{ ...(await exportJWK(privateKey)), kid: 'gateway', alg: 'ES256', use: 'sig' }],
    })
    const tokens = new AppTokens(new TokenKeys({ issuer, keys: new Secret('SIGNING_KEYS', set) }), {
      now: () => new Date(),
    })
    const token = await tokens.minted({ app: 'bench', subject: 'bench', scopes: [] }, 3_600)
    for (const rules of extent.rules) {
      const gateway = startEgressGateway(join(folder, String(rules)), rules, upstream.port, set)
      targets.push(
        await noted(`gateway, ${rules} rules`, gateway, () =>
          requestOf(`/egress/localhost:${upstream.port}/v1/items`, token),
        ),
      )
    }
    for (const { name, port, requests } of targets) {
      say(`warming up ${name}`)
      await load.call({ port, requests, connections: 16, seconds: 1 })
    }
    return await figures(extent, targets, load, say)
  } finally {
    for (const target of started) await target.stop()
    load.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}

/** The gateway as `npm start` runs it, with one app of so many rules; the one that matches stands last. */
async function startEgressGateway(resources: string, rules: number, upstream: number, set: string): Promise<Target> {
  const port = await freePort()
  const variables = {
    SIGNING_KEYS: set,
    TOKEN_ISSUER: issuer,
    [secretVariable('bench', 'vendor')]: 'sk-bench-0123456789',
  }
  const miniflare = await startGateway({ port, resources, variables, isQuiet: true })
  const registry = await miniflare.getKVNamespace('REGISTRY', 'gatehouse')
  const others = Array.from({ length: rules - 1 }, (_, n) => ({ to: `GET,POST https://api-${n}.example.com/v1/*` }))
  const own = { to: `GET http://localhost:${upstream}/v1/*`, credential: { as: 'bearer', secret: 'vendor' } }
  const document = {
    apiVersion: 'gatehouse/v1',
    kind: 'MicroApp',
    metadata: { name: 'bench' },
    spec: {
      owner: { user: 'bench', team: 'bench', contact: '#bench' },
      lifecycle: { stage: 'sandbox' },
      upstreams: [{ name: 'stable', url: 'http://127.0.0.1:9' }],
      webhooks: { repo: { scheme: 'github', secrets: ['vendor'], path: '/events' } },
      egress: [...others, own],
    },
  }
  const setting = { now: new Date(), publishedBy: 'bench', environment: 'local', renew: false }
  const { revision, pointer } = await publication(Manifest.parse(document), document, undefined, setting)
  await registry.put(keys.revision('bench', revision.digest), JSON.stringify(revision))
  await registry.put(keys.pointer('bench'), JSON.stringify(pointer))
  return { port, stop: () => miniflare.dispose() }
}

function requestOf(path: string, token?: string): string {
  return [
    `GET ${path}?page=1 HTTP/1.1`,
    'host: gate.example.com',
    'accept: application/json',
    'user-agent: bench/1.0',
    ...(token ? [`authorization: Bearer ${token}`] : []),
    '',
    '',
  ].join('\r\n')
}
