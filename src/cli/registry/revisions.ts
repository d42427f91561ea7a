import { type AdminOptions, callAdmin } from '../client/admin.ts'
import { Failure } from '../output.ts'

/** A manifest as its author wrote it, as a gateway keeps it. */
export interface Revision {
  readonly environment: string
  readonly digest: string
  readonly manifest: unknown
}

/** The digest in force at a gateway; `undefined` where the app is not. */
export async function digestAt(gateway: AdminOptions, app: string): Promise<string | undefined> {
  const { items } = (await callAdmin(`apps/${app}/revisions`, gateway).catch(error => {
    if (error instanceof Failure && error.message.startsWith('not-found')) return { items: [] }
    throw error
  })) as { readonly items: readonly { readonly digest: string; readonly inForce: boolean }[] }
  return items.find(({ inForce }) => inForce)?.digest
}

/** A revision that a gateway keeps; of no digest none. */
export async function revisionAt(
  gateway: AdminOptions,
  app: string,
  digest: string | undefined,
): Promise<Revision | undefined> {
  if (digest === undefined) return undefined
  return (await callAdmin(`apps/${app}/revisions/${digest}`, gateway)) as Revision
}
