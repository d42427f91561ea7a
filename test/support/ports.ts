import type { Entry } from '#core/manifest/entry.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { BodyBudget, BodyReader } from '#core/pipeline/body.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import type { Lookup, Ports } from '#core/ports.ts'
import { Secret } from '#core/secrets/secret.ts'
import { documentOf } from './manifests.ts'

export interface Recorded {
  readonly ports: Ports
  /** What was counted, as `app name {labels} by`. */
  readonly counted: string[]
  /** What was logged, as `level event fault`. */
  readonly logged: string[]
  pass(ms: number): void
}

/** Ports as plain objects: a clock set by hand, counters and log kept in lists; every other port fails when used. */
export function recordingPorts(given: Partial<Ports> = {}, now = new Date(Date.UTC(2026, 0, 1))): Recorded {
  const counted: string[] = []
  const logged: string[] = []
  let nowMs = now.getTime()
  const known: Partial<Ports> = {
    clock: { now: () => new Date(nowMs) },
    counters: {
      count: (app, name, labels = {}, by = 1) => counted.push(`${app} ${name} ${JSON.stringify(labels)} ${by}`),
      countEach: (app, name, labels) => {
        for (const each of labels) counted.push(`${app} ${name} ${JSON.stringify(each)} 1`)
      },
      observe: (app, name, labels, ms) => counted.push(`${app} ${name} ${JSON.stringify(labels)} ${ms}`),
      lastSeen: async () => undefined,
      lastCounted: async () => undefined,
      sums: () => Promise.reject(new Error('not in this test')),
    },
    log: { write: (level, event, fields) => logged.push(`${level} ${event} ${fields.fault ?? ''}`.trim()) },
    bodies: new BodyBudget(),
    strikes: { blockedMs: () => 0, note: () => {} },
    shadows: { note: () => {}, list: async () => [] },
    ...given,
  }
  const ports = new Proxy(known as Ports, {
    get(target, name: keyof Ports) {
      if (!(name in target)) throw new Error(`this test has no port ${name}`)
      return target[name]
    },
  })
  return {
    ports,
    counted,
    logged,
    pass(ms) {
      nowMs += ms
    },
  }
}

/** An entry of the least manifest, with the fields of `spec` given replaced. */
export function entryOf(
  spec: Readonly<Record<string, unknown>> = {},
  expiresAt = new Date(Date.UTC(2027, 0, 1)),
): Entry {
  const manifest = Manifest.parse(documentOf(spec))
  return { app: 'shop', digest: `sha256:${'0'.repeat(64)}`, expiresAt, publishedAt: new Date(0), manifest }
}

/** A webhook for the source `github` of the app `shop`, as it comes in, with anything replaced. */
export function exchangeOf(change: Partial<Exchange> = {}): Exchange {
  return {
    door: 'hooks',
    requestId: 'request-1',
    receivedAt: new Date(Date.UTC(2026, 0, 1)),
    app: 'shop',
    source: 'github',
    method: 'POST',
    url: 'https://gate.example.com/hooks/shop/github',
    headers: new Headers(),
    body: bodyOf([]),
    ...change,
  }
}

/** A body that arrives in the chunks given. */
export function bodyOf(
  chunks: readonly Uint8Array[],
  { contentLength = null, budget = new BodyBudget() }: { contentLength?: string | null; budget?: BodyBudget } = {},
): BodyReader {
  return new BodyReader(() => streamOf(chunks), contentLength, budget)
}

export function streamOf(chunks: readonly Uint8Array[], onCancel: () => void = () => {}): ReadableStream<Uint8Array> {
  const left = [...chunks]
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift()
      if (chunk) controller.enqueue(chunk)
      else controller.close()
    },
    cancel: onCancel,
  })
}

/** A registry that answers one lookup for every app. */
export const answering = (lookup: Lookup): Ports['registry'] => ({
  find: async () => lookup,
  remembers: () => lookup.kind === 'found',
})

/** Secrets of every app, by name. */
export function secretsOf(values: Readonly<Record<string, string>>): Ports['secrets'] {
  const find: Ports['secrets']['find'] = async (_, name) =>
    Object.hasOwn(values, name) ? new Secret(name, values[name] ?? '') : undefined
  return { find, peek: find }
}
