import * as z from 'zod'
import { targetOf } from '#core/api/raw-path.ts'
import { utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import { hostAsked } from '#core/hosts/asked.ts'
import { AppName } from '#core/names.ts'
import { BodyReader } from '#core/pipeline/body.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Ports } from '#core/ports.ts'

/** The doors whose requests can be explained. */
export const explainedDoors = ['hooks', 'apps', 'egress'] as const

/** What somebody wants to know: what would become of this request. */
export const Question = z.strictObject({
  app: AppName,
  door: z.enum(explainedDoors),
  request: z.strictObject({
    method: z
      .string()
      .regex(/^[A-Z]{1,20}$/, { error: 'must be a method in capitals' })
      .optional(),
    url: z.string().min(1).max(8192),
    headers: z.record(z.string(), z.string()).default({}),
    /** A text is sent as it is; anything else as its JSON, of that type unless a header says otherwise. */
    body: z.unknown().optional(),
    /** The client's, as limits count it. */
    address: z.string().max(64).optional(),
  }),
  /** Who is taken to ask, where the request itself does not prove it. */
  as: z
    .strictObject({
      issuer: z.string().max(2048).optional(),
      subject: z.string().min(1).max(1024).optional(),
      scopes: z.array(z.string().max(256)).max(100).default([]),
      claims: z.record(z.string(), z.unknown()).default({}),
    })
    .optional(),
})

export type Question = z.infer<typeof Question>

/**
 * The request as it would come to its door, its URL untouched.
 *
 * @param origin of the gateway, for a URL that is a path
 * @throws Fault `request-invalid` where the URL is not one of the app's at this door, or a header is none
 */
export async function exchangeFor({ app, door, request }: Question, origin: string, ports: Ports): Promise<Exchange> {
  const { clock, bodies } = ports
  const url = request.url.startsWith('/') ? origin + request.url : request.url
  const { body, address, method = door === 'hooks' ? 'POST' : 'GET' } = request
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const bytes = text === undefined ? undefined : utf8Bytes(text)
  const length = bytes ? String(bytes.length) : null
  return {
    door,
    requestId: crypto.randomUUID(),
    receivedAt: clock.now(),
    app,
    ...(await placeOf(app, door, url, ports)),
    method,
    url,
    headers: headersOf(request.headers, text !== body),
    body: new BodyReader(() => (bytes ? new Blob([bytes]).stream() : null), length, bodies),
    ...(address !== undefined && { address }),
  }
}

/** What the URL must say of the app, so that nobody asks about another one than they name. */
async function placeOf(
  app: string,
  door: Question['door'],
  url: string,
  { hosts, settings }: Ports,
): Promise<Pick<Exchange, 'source' | 'host'>> {
  const refused = (form: string) => refuse('request.url', `is not of the form ${form}`)
  if (door === 'egress') {
    if (/^https?:\/\/[^/?#]+\/egress(?:[/?]|$)/.test(url)) return {}
    throw refused('/egress/<host>/<path>, or /egress with the header gatehouse-target')
  }
  const host = door === 'apps' ? hostAsked(settings, [])(url) : undefined
  if (host !== undefined && (await hosts.find(host)) === app) return { host }
  const target = targetOf(url, `/${door}/`)
  if (target?.app !== app) throw refused(door === 'hooks' ? `/hooks/${app}/<source>` : `/apps/${app}/<path>`)
  if (door === 'apps') return {}
  const source = target.path.slice(1)
  if (!/^[^/%]+$/.test(source)) throw refused(`/hooks/${app}/<source>`)
  return { source }
}

function headersOf(given: Readonly<Record<string, string>>, isJson: boolean): Headers {
  try {
    const headers = new Headers(given)
    if (isJson && !headers.has('content-type')) headers.set('content-type', 'application/json')
    return headers
  } catch {
    throw refuse('request.headers', 'hold a name or a value that no header can have')
  }
}

function refuse(path: string, reason: string): Fault {
  const remedy = 'Write the request as it would come to the gateway.'
  return new Fault('request-invalid', `${path} ${reason}`, [{ path, reason, remedy }])
}
