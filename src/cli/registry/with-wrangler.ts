import { keys } from '#core/keys.ts'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { putInBatches } from './batches.ts'
import { pointersFrom } from './bulk.ts'
import type { Declared } from './folder.ts'
import type { Listed } from './in-force.ts'
import { publications } from './publications.ts'
import { readSigner, signedItems } from './signer.ts'
import type { TargetOptions } from './target.ts'
import type { Outcome } from './through-gateway.ts'
import { putBulk, type Target, valuesOf } from './wrangler.ts'

interface Order {
  readonly environment: string
  readonly renew: boolean
  readonly batch: number
  readonly key?: string
  readonly progress: (done: number, all: number) => void
}

/** Writes manifests to KV, batch by batch; those that are in force succeed their pointers. */
export async function writeWithWrangler(
  { local, state }: TargetOptions,
  chosen: readonly Declared[],
  listed: ReadonlyMap<string, Listed>,
  fleet: RegistryItem | undefined,
  { environment, renew, batch, key, progress }: Order,
): Promise<Outcome[]> {
  const target: Target = local ? { local: true, state } : { local: false }
  const known = chosen.map(({ manifest }) => manifest.metadata.name).filter(app => listed.has(app))
  const pointers = pointersFrom(await valuesOf(known.map(keys.pointer), target))
  const published = await publications(chosen, pointers, { environment, renew })
  const sign = key === undefined ? undefined : await readSigner(key)
  await putInBatches(published, fleet, {
    size: batch,
    put: async items => putBulk(sign ? (await signedItems(items, sign, false, environment)).items : items, target),
    progress,
  })
  return published.map(({ app, change, pointer }) => ({ app, change, ...pointer }))
}
