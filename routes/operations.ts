import { html } from 'hono/html'
import { Hono } from 'hono/tiny'
import { Fault, type FaultCode, faultRow, faults } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import { constantTimeEqual } from '#core/secrets/equal.ts'
import { prometheusText } from '#core/telemetry/prometheus.ts'
import { admitted } from './admin/gate.ts'

/** For how long an app may keep our keys; a key that is to sign next is published at least as long before it does. */
const jwksSeconds = 300

/** What monitors and curious people ask: is it up, is it ready, what does it count, what does a fault mean. */
export const operations = (ports: Ports) =>
  new Hono()
    .get('/healthz', context => context.text('ok'))

    .get('/readyz', async context => {
      const failing = await ports.health.failing()
      return failing.length === 0 ? context.text('ready') : context.text(failing.join('\n'), 503)
    })

    .get('/metrics', async context => {
      await mayReadMetrics(context.req.raw, ports)
      const text = prometheusText(await ports.counters.sums())
      return context.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    })

    .get('/.well-known/jwks.json', context => {
      const keys = ports.settings.signing ? ports.appTokens.keys.published() : []
      return context.json({ keys }, 200, { 'cache-control': `public, max-age=${jwksSeconds}` })
    })

    .get('/.well-known/oauth-protected-resource/admin/v1', context => context.json(signInAt(context.req.raw, ports)))

    .get('/faults/:code', context => {
      const code = context.req.param('code')
      if (!Object.hasOwn(faults, code)) throw new Fault('not-found', `no fault ${code}`)
      const row = faultRow(code as FaultCode)
      const { status, blame, title, remediation, retryAfterSeconds } = row
      if (context.req.header('accept')?.includes('json'))
        return context.json({ code, status, blame, title, remediation })
      return context.html(html`<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${code} · Gatehouse</title></head>
  <body>
    <h1>${title}</h1>
    <p><code>${code}</code>, HTTP status ${status}${retryAfterSeconds ? `, worth another try after ${retryAfterSeconds} s` : ''}</p>
    <p>${remediation}</p>
    <p>Who can mend it: the ${blame}.</p>
  </body>
</html>`)
    })

/**
 * Where operators of this gateway sign in, so that a client need not be told (RFC 9728 §2), and for which audience.
 *
 * @throws Fault `not-found` where they sign in nowhere
 */
function signInAt(request: Request, { settings: { admin, adminUrl } }: Ports) {
  const { origin } = new URL(request.url)
  if (!admin?.provider || (adminUrl && origin !== adminUrl)) throw new Fault('not-found', 'nobody signs in here')
  const { issuer, audience } = admin.provider
  return {
    resource: `${origin}/admin/v1`,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    gatehouse_audience: audience,
  }
}

/** Open on one machine, which listens on loopback only; elsewhere `METRICS_TOKEN` or a token with a role. */
async function mayReadMetrics(request: Request, ports: Ports): Promise<void> {
  const { isLocal, metricsToken } = ports.settings
  if (isLocal) return
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer && metricsToken && (await constantTimeEqual(bearer, metricsToken.reveal()))) return
  await admitted(request, 'viewer', ports)
}
