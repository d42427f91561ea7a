import { exports } from 'cloudflare:workers'
import { publish } from './publish.ts'
import { appAt, type Seen } from './upstream.ts'

export interface ApiSetup {
  /** Instead of one open route for every path, `GET` and `POST`. */
  readonly routes?: readonly Readonly<Record<string, unknown>>[]
  /** Merged over the rest of `api`. */
  readonly api?: Readonly<Record<string, unknown>>
  readonly spec?: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly answer?: (seen: Seen) => Response | Promise<Response>
}

/** Puts an app with an API behind the gate, and its upstream at `https://<name>.example.com`. */
export async function apiApp(name: string, setup: ApiSetup = {}): Promise<readonly Seen[]> {
  const routes = setup.routes ?? [{ path: '/*', methods: ['GET', 'POST'], auth: 'none' }]
  await publish({
    name,
    webhooks: {},
    secrets: setup.secrets ?? {},
    labels: setup.labels ?? {},
    spec: {
      upstreams: [{ name: 'stable', url: `https://${name}.example.com` }],
      api: { routes, ...setup.api },
      ...setup.spec,
    },
  })
  return appAt(`${name}.example.com`, setup.answer)
}

/** Calls an app's API through the worker's own door; redirects are not followed. */
export function call(app: string, path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(`http://gate.example/apps/${app}${path}`, { redirect: 'manual', ...init })
}
