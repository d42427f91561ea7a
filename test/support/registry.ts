import { cachedRegistry } from '#core/manifest/cached.ts'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import type { Lookup } from '#core/ports.ts'
import { documentOf } from './manifests.ts'

const startMs = Date.UTC(2026, 0, 1)

/** A cached registry over a store and a clock that the test sets by hand; revisions differ by `bodyBytes`, their cap. */
export function registryStage() {
  const pointers = new Map<string, unknown>()
  const revisions = new Map<string, unknown>()
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
      pointer: app => read(`pointer ${app}`, pointers.get(app)),
      revision: (app, digest) => read(`revision ${app}`, revisions.get(`${app} ${digest}`)),
    },
    { now: () => new Date(nowMs) },
    { write: (level, event, fields) => logged.push(`${level} ${event} ${fields.served}`) },
    work => under.push(work),
  )
  return {
    registry,
    reads,
    logged,
    pointers,
    revisions,
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
