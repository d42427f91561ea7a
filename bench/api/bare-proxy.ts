import { Hono } from 'hono'
import { proxy } from 'hono/proxy'

/** What the gateway is measured against: a proxy as Hono's documentation writes it, which checks nothing. */
const app = new Hono<{ Bindings: { UPSTREAM: string; NETWORK?: { fetch: typeof fetch } } }>().all(
  '/apps/:app/*',
  context => {
    const { UPSTREAM, NETWORK } = context.env
    const path = context.req.path.replace(/^\/apps\/[^/]+/, '')
    const { raw } = context.req
    return proxy(UPSTREAM + path, NETWORK ? { raw, customFetch: request => NETWORK.fetch(request) } : { raw })
  },
)

export default app
