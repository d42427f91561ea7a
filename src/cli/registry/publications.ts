import { userInfo } from 'node:os'
import type { Pointer } from '#core/manifest/entry.ts'
import { type Publication, publication } from '#core/manifest/publish.ts'
import { paint, table } from '../output.ts'
import type { Declared } from './folder.ts'

/** What publishing a whole registry would write, given the pointers in force. */
export async function publications(
  declared: readonly Declared[],
  previous: ReadonlyMap<string, Pointer>,
  { environment, renew }: { readonly environment: string; readonly renew: boolean },
): Promise<Publication[]> {
  const setting = { now: new Date(), publishedBy: userInfo().username, environment, renew }
  return Promise.all(
    declared.map(({ manifest, document }) =>
      publication(manifest, document, previous.get(manifest.metadata.name), setting),
    ),
  )
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
