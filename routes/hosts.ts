import type { Hono } from 'hono/tiny'
import { Fault } from '#core/fault.ts'
import { hostAsked } from '#core/hosts/asked.ts'
import type { Ports } from '#core/ports.ts'
import { called } from './apps.ts'
import { refused } from './reply.ts'

/** workerd builds the URL of a request from these: a path in one would come before the path that was asked for. */
const noHost = /[^\w.:[\]-]/

/**
 * Tells hosts of apps' own from the gateway's: at an app's host every path is the app's, and none of the gateway's
 * doors is there. A request at the gateway's own address goes straight to the doors.
 */
export function atHosts(doors: Hono, ports: Ports): { fetch(request: Request): Response | Promise<Response> } {
  const { publicUrl, adminUrl } = ports.settings
  const asked = hostAsked(
    ports.settings,
    [publicUrl, adminUrl].filter(url => url !== undefined),
  )
  return {
    fetch(request) {
      if (noHost.test(request.headers.get('host') ?? ''))
        return refused(request, new Fault('request-invalid', 'the Host header is no host'), ports)
      const host = asked(request.url)
      if (host === undefined) return doors.fetch(request)
      const app = ports.hosts.find(host)
      return app === undefined ? doors.fetch(request) : answered(request, host, app)
    },
  }

  async function answered(request: Request, host: string, finding: string | Promise<string | undefined>) {
    try {
      const app = await finding
      return await (app === undefined ? doors.fetch(request) : called(request, { app, host }, ports))
    } catch (error) {
      return refused(request, error, ports)
    }
  }
}
