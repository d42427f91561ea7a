import { expect, it } from 'vitest'
import { Manifest } from '#core/manifest/schema.ts'
import { successionProblems } from '#core/manifest/succession.ts'
import { documentWith } from '../../support/manifests.ts'

const withShards = (shards: number) => Manifest.parse(documentWith({ delivery: { shards } }))

it('shards grow and stay, and never shrink, since events lie in all of them', () => {
  expect(successionProblems(withShards(2), withShards(2))).toEqual([])
  expect(successionProblems(withShards(2), withShards(8))).toEqual([])
  expect(successionProblems(withShards(4), withShards(2))).toMatchObject([
    { path: 'spec.webhooks.own.delivery.shards', reason: 'is 2, and 4 are in force: events lie in all of them' },
  ])
})
