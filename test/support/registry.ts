import { cachedRegistry } from '#core/manifest/cached.ts'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { pointerTrust } from '#core/manifest/trust.ts'
import type { Lookup } from '#core/ports.ts'
import { documentOf } from './manifests.ts'

const startMs = Date.UTC(2026, 0, 1)

/** A cached registry over a store and a clock that the test sets by hand; revisions differ by `bodyBytes`, their cap. */
export function registryStage(trusting: Partial<Parameters<typeof pointerTrust>[0]> = {}) {
  const pointers = new Map<string, unknown>()
  const revisions = new Map<string, unknown>()
  /** Sequences as the switchboard knows them; `undefined`: it is away. */
  const highest = new Map<string, number | undefined>()
  const raised: string[] = []
  const reads: string[] = []
  const logged: string[] = []
  const under: Promise<unknown>[] = []
  let nowMs = startMs
  let broken: Error | 'hangs' | undefined
  const read = async (what: string, value: unknown) => {
    reads.push(what)
    if (broken === 'hangs') return new Promise(() => {})
    if (broken) throw broken
    return value
  }
  const registry = cachedRegistry(
    {
      newest: async app => ({
        pointer: await read(`pointer ${app}`, pointers.get(app)),
        highest: highest.has(app) ? highest.get(app) : 0,
      }),
      revision: (app, digest) => read(`revision ${app}`, revisions.get(`${app} ${digest}`)),
    },
    pointerTrust({ environment: 'local', isLocal: true, ...trusting }),
    { now: () => new Date(nowMs) },
    { write: (level, event, fields) => logged.push(`${level} ${event} ${fields.served}`) },
    work => under.push(work),
    async (app, sequence) => raised.push(`${app} ${sequence}`),
  )
  return {
    registry,
    reads,
    logged,
    pointers,
    revisions,
    highest,
    raised,
    async publish(bodyBytes: number, app = 'shop') {
      const document = documentOf({ limits: { bodyBytes } }, app)
      const setting = { now: new Date(nowMs), publishedBy: 'tess', environment: 'local', renew: false }
      const { revision, pointer } = await publication(Manifest.parse(document), document, undefined, setting)
      pointers.set(app, pointer)
      revisions.set(`${app} ${revision.digest}`, revision)
    },
    pass(seconds: number) {
      nowMs += seconds * 1000
    },
    breakBy(how: Error | 'hangs' | undefined) {
      broken = how
    },
    /** What was read since the last time of asking. */
    news: () => reads.splice(0),
    background: () => Promise.all(under.splice(0)),
    backgroundCount: () => under.length,
    capOf: async (app = 'shop') => cap(await registry.find(app)),
  }
}

const cap = (lookup: Lookup) => (lookup.kind === 'found' ? lookup.entry.manifest.spec.limits.bodyBytes : lookup.kind)
