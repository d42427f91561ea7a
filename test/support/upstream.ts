/** One request as the app saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: Uint8Array
  /** What the gateway asked to be done about a redirect. */
  readonly redirect: string
  /** What it asked of caches on the way. */
  readonly cache: string | undefined
}

type Answer = (seen: Seen) => Response | Promise<Response>

const apps = new Map<string, { readonly seen: Seen[]; readonly answer: Answer }>()

/**
 * An app that answers under its own host for the rest of the test run. The gateway's `fetch` is led here
 * instead of into the network, for good (vitest would restore a spy after each file, while retries still
 * come); everything else of the way is the real one.
 *
 * @returns what the app has seen so far, in order
 */
export function appAt(host: string, answer: Answer = () => new Response('ok')): readonly Seen[] {
  const seen: Seen[] = []
  apps.set(host, { seen, answer })
  globalThis.fetch = lead as typeof fetch
  return seen
}

async function lead(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  const app = apps.get(new URL(request.url).hostname)
  if (!app) throw new TypeError(`no test app at ${request.url}`)
  const body = new Uint8Array(await request.arrayBuffer())
  const { method, url, headers, redirect, cache } = request
  const seen = { method, url, headers, body, redirect, cache }
  app.seen.push(seen)
  const late = new Promise<never>((_, reject) =>
    request.signal.addEventListener('abort', () => reject(request.signal.reason)),
  )
  return Promise.race([app.answer(seen), late])
}
