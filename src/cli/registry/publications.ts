import { userInfo } from 'node:os'
import type { Pointer } from '#core/manifest/entry.ts'
import { type Publication, publication } from '#core/manifest/publish.ts'
import { successionFindings } from '#core/manifest/succession.ts'
import { paint, table } from '../output.ts'
import type { Declared } from './folder.ts'
import { refuse } from './judgements.ts'

/**
 * What publishing a whole registry would write, given the pointers in force.
 *
 * @throws Failure that lists what of them must not be taken back, with file and line
 */
export async function publications(
  declared: readonly Declared[],
  previous: ReadonlyMap<string, Pointer>,
  { environment, renew }: { readonly environment: string; readonly renew: boolean },
): Promise<Publication[]> {
  const setting = { now: new Date(), publishedBy: userInfo().username, environment, renew }
  const published = await Promise.all(
    declared.map(({ manifest, document }) =>
      publication(manifest, document, previous.get(manifest.metadata.name), setting),
    ),
  )
  const shrinking = declared.flatMap(({ manifest, locate }, index) =>
    published[index]?.change === 'changed'
      ? locate(successionFindings(previous.get(manifest.metadata.name), manifest))
      : [],
  )
  if (shrinking.length > 0) throw refuse('What is in force does not allow this', shrinking)
  return published
}

const signs = {
  new: ['green', '+'],
  changed: ['yellow', '~'],
  renewed: ['cyan', '↻'],
  unchanged: ['dim', ' '],
} as const

/** The difference to what is in force, one line an app, for people. */
export function differenceText(published: readonly Publication[], now: Date): string {
  const rows = published.map(({ app, change, pointer }) => {
    const [colour, sign] = signs[change]
    const expired = Date.parse(pointer.expiresAt) <= now.getTime()
    const end = `until ${pointer.expiresAt.slice(0, 10)}`
    return [
      paint(colour, `${sign} ${app}`),
      change,
      pointer.digest.slice(0, 19),
      expired ? paint('red', `${end}, expired: --renew`) : end,
    ]
  })
  return table(rows)
}
