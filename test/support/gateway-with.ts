import { env } from 'cloudflare:workers'
import type { Env } from '#platform/env.ts'
import { portsFrom } from '#platform/ports.ts'
import { doors } from '#routes/index.ts'

/** A second gateway on the same storage and objects, with some settings of its own; an isolate of its own, too. */
export function gatewayWith(variables: Readonly<Record<string, string>>) {
  const app = doors(portsFrom({ ...(env as unknown as Env & Record<string, unknown>), ...variables }))
  return { fetch: (request: Request) => app.fetch(request) }
}
