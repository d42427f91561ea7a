import { Hono } from 'hono'
import { proxy } from 'hono/proxy'

/** What the gateway is measured against: a proxy as Hono's documentation writes it, which checks nothing. */
const app = new Hono<{ Bindings: { UPSTREAM: string } }>().all('/apps/:app/*', context => {
  const path = context.req.path.replace(/^\/apps\/[^/]+/, '')
  return proxy(context.env.UPSTREAM + path, context.req)
})

export default app
