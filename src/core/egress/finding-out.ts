import type { Manifest } from '#core/manifest/schema.ts'

type Spec = Pick<Manifest['spec'], 'lifecycle' | 'policies'>

/** Stages in which an app may still be finding out where it goes. */
export const findingOut: readonly string[] = ['prototype', 'sandbox']

export function isFindingOut({ lifecycle }: Pick<Spec, 'lifecycle'>): boolean {
  return findingOut.includes(lifecycle.stage)
}

/** How the allow-list holds, whatever an entry says that came past publish: never `off`, and in shadow while finding out only. */
export function allowListMode({ lifecycle, policies }: Spec): 'enforce' | 'shadow' {
  return policies.allowList?.mode === 'shadow' && isFindingOut({ lifecycle }) ? 'shadow' : 'enforce'
}
