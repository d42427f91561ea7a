import type { RequestFacts } from './request.ts'

/** What one record of the gateway's tells of requests; rules can be asked about it again. */
export interface Recorded {
  readonly app: string
  readonly request: Partial<RequestFacts>
  /** It was refused then, whatever a new rule says of it. */
  readonly wasRefused: boolean
}

type Line = Readonly<Record<string, unknown>>

/** What lines of the log tell, by their event; other lines are about no request of a door. */
const lines: Readonly<Record<string, (line: Line) => Partial<RequestFacts>>> = {
  request: ({ method, route, bytesIn }) => ({
    door: 'apps',
    webhook: undefined,
    egress: undefined,
    ...(typeof method === 'string' && { method }),
    ...(typeof route === 'string' && { route }),
    ...(typeof bytesIn === 'number' && { bytes: bytesIn }),
  }),
  egress: line => outwards(line),
}

/** One line of the gateway's log (NDJSON); `undefined` where it is about no request. */
export function recordedInLog(text: string): Recorded | undefined {
  const line = parsed(text)
  const facts = typeof line?.event === 'string' && Object.hasOwn(lines, line.event) ? lines[line.event] : undefined
  if (!line || !facts || typeof line.app !== 'string') return undefined
  return { app: line.app, request: facts(line), wasRefused: line.fault !== undefined }
}

/** What a record of an app's audit chain tells: of every request to the outside, many to a record. */
export function recordedInChain(record: { readonly type: string; readonly data: Line }): Recorded[] {
  const { app, records } = record.data
  if (record.type !== 'app.egress' || typeof app !== 'string' || !Array.isArray(records)) return []
  return records.map((one: Line) => ({
    app,
    request: { ...outwards(one), ...(typeof one.at === 'string' && { time: one.at }) },
    wasRefused: one.fault !== undefined,
  }))
}

/** What a kept event tells of the request that brought it. */
export function recordedEvent(
  event: { readonly app: string; readonly source: string; readonly receivedAt: string; readonly size: number },
  scheme: string | undefined,
): Recorded {
  const { app, source, receivedAt: time, size: bytes } = event
  const webhook = { source, scheme: scheme ?? '' }
  const request = { door: 'hooks', method: 'POST', path: '/', time, bytes, webhook } as const
  return { app, request: { ...request, egress: undefined, route: undefined, caller: undefined }, wasRefused: false }
}

function outwards({ method, host, requestBytes }: Line): Partial<RequestFacts> {
  const [name = '', port = '443'] = typeof host === 'string' ? host.split(':') : []
  return {
    door: 'egress',
    webhook: undefined,
    route: undefined,
    caller: undefined,
    ...(typeof method === 'string' && { method }),
    ...(name && { egress: { host: name, port: Number(port) } }),
    ...(typeof requestBytes === 'number' && { bytes: requestBytes }),
  }
}

function parsed(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Line) : undefined
  } catch {
    return undefined
  }
}
