import type { Entry } from '#core/manifest/entry.ts'
import { isSandboxed } from '#core/manifest/stages.ts'
import type { Settings } from '#core/settings/settings.ts'
import type { Target } from './target.ts'

/** Why an app that is not released yet may not go to a place, whatever its own rules say; `undefined` where it may. */
export function sandboxRefusal(
  entry: Entry,
  method: string,
  target: Target,
  settings: Pick<Settings, 'sandbox'>,
): string | undefined {
  if (!isSandboxed(entry.manifest.spec, settings) || settings.sandbox?.egress.find(method, target)) return undefined
  return `in the stage ${entry.manifest.spec.lifecycle.stage} only the places of SANDBOX_EGRESS can be reached`
}
