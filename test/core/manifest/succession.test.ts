import { describe, expect, it } from 'vitest'
import { publication } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { successionFindings, withMostShards } from '#core/manifest/succession.ts'
import { documentOf, documentWith } from '../../support/manifests.ts'

const withShards = (shards: number) => documentWith({ delivery: { shards } })
const setting = { now: new Date(0), publishedBy: 'olga', environment: 'production', renew: false }

/** The pointer after documents were published one after the other. */
async function pointerOf(...documents: unknown[]) {
  let pointer: Awaited<ReturnType<typeof publication>>['pointer'] | undefined
  for (const document of documents)
    pointer = (await publication(Manifest.parse(document), document, pointer, setting)).pointer
  if (!pointer) throw new Error('nothing was published')
  return pointer
}

describe('shards grow and stay, and never shrink, since events lie in all of them', () => {
  it('more or as many are no finding, fewer are one with the number to write', async () => {
    const before = await pointerOf(withShards(4))
    for (const shards of [4, 8]) expect(successionFindings(before, Manifest.parse(withShards(shards)))).toEqual([])
    expect(successionFindings(before, Manifest.parse(withShards(2)))).toEqual([
      {
        at: ['spec', 'webhooks', 'own', 'delivery', 'shards'],
        reason: 'is 2, but the source has had 4: events lie in all of them',
        remedy: 'Write 4 or more; concurrency and perSecond may shrink.',
      },
    ])
  })

  it('the most there ever were are remembered, also of a source that was away meanwhile', async () => {
    expect((await pointerOf(withShards(1))).shards).toBeUndefined()
    const pointer = await pointerOf(withShards(4), documentOf(), withShards(8), documentOf())
    expect(pointer.shards).toEqual({ own: 8 })
    expect(successionFindings(pointer, Manifest.parse(withShards(4)))).toHaveLength(1)
    expect(successionFindings(pointer, Manifest.parse(documentOf()))).toEqual([])
  })

  it('a manifest with fewer that is gone back to is in force with the most there were', async () => {
    const pointer = await pointerOf(withShards(8))
    const old = Manifest.parse(withShards(2))
    expect(withMostShards(old, pointer).spec.webhooks.own?.delivery).toMatchObject({ shards: 8, concurrency: 10 })
    expect(old.spec.webhooks.own?.delivery.shards).toBe(2)
    const grown = Manifest.parse(withShards(9))
    expect(withMostShards(grown, pointer)).toBe(grown)
  })
})
