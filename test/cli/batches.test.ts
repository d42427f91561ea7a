import { expect, it } from 'vitest'
import { putInBatches } from '#cli/registry/batches.ts'
import { driftOf } from '#cli/registry/drift.ts'
import { keys } from '#core/keys.ts'
import { openRevision, Pointer } from '#core/manifest/entry.ts'
import { publication, type RegistryItem } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { documentOf } from '../support/manifests.ts'

const names = Array.from({ length: 25 }, (_, n) => `app-${n}`)
const setting = { now: new Date(), publishedBy: 'tess', environment: 'local', renew: false }
const publications = await Promise.all(
  names.map(name => {
    const document = documentOf({}, name)
    return publication(Manifest.parse(document), document, undefined, setting)
  }),
)

/** Storage that breaks off after so many items, wherever in a batch that is. */
function storage(breaksAfter: number) {
  const held = new Map<string, string>()
  let left = breaksAfter
  return {
    held,
    mend: () => {
      left = Number.POSITIVE_INFINITY
    },
    async put(items: readonly RegistryItem[]) {
      for (const { key, value } of items) {
        if (left-- <= 0) throw new Error('the line is dead')
        held.set(key, value)
      }
    },
    apps: () =>
      [...held.keys()].filter(key => key.startsWith(keys.pointers)).map(key => key.slice(keys.pointers.length)),
  }
}

it.each([0, 7, 15, 33, 49])(
  'a push that dies after %i items leaves a registry that serves, says what is missing, and goes on with it',
  async breaksAfter => {
    const on = storage(breaksAfter)
    const progress: number[] = []
    const push = async (chosen = publications) =>
      putInBatches(chosen, undefined, { size: 10, put: on.put, progress: done => progress.push(done) })
    const failure = await push().then(
      () => undefined,
      error => error,
    )
    expect(failure.exitCode).toBe(3)
    expect(failure.message).toMatch(/the line is dead\n\d+ of 25 apps are written; not in force: app-/)

    for (const app of on.apps()) {
      const pointer = Pointer.parse(JSON.parse(on.held.get(keys.pointer(app)) ?? ''))
      const stored = JSON.parse(on.held.get(keys.revision(app, pointer.digest)) ?? 'null')
      expect(await openRevision(app, pointer.digest, stored)).toMatchObject({ kind: 'MicroApp' })
    }

    on.mend()
    const listed = new Map(
      on.apps().map(app => [app, { digest: publications.find(one => one.app === app)?.pointer.digest ?? '' }]),
    )
    const declared = publications.map(({ app, pointer }) => ({ app, digest: pointer.digest }))
    const missing = driftOf(declared, listed, new Date()).map(({ app }) => app)
    expect(missing.length).toBe(25 - listed.size)
    await push(publications.filter(({ app }) => missing.includes(app)))
    expect(on.apps().sort()).toEqual([...names].sort())
    expect(progress.at(-1)).toBe(missing.length)
  },
)

it('writes the fleet rules with the first batch, before any pointer', async () => {
  const written: string[][] = []
  const put = async (items: readonly RegistryItem[]) => void written.push(items.map(({ key }) => key))
  const fleet = { key: keys.fleet, value: '{}' }
  await putInBatches(publications, fleet, { size: 20, put, progress: () => {} })
  expect(written.map(batch => batch.includes(keys.fleet))).toEqual([true, false])
  expect(written[0]?.indexOf(keys.fleet)).toBeLessThan(written[0]?.findIndex(key => key.startsWith('apps/')) ?? 0)
  written.length = 0
  await putInBatches([], fleet, { size: 20, put, progress: () => {} })
  expect(written).toEqual([[keys.fleet]])
})
