import { atPointer } from '#core/json-pointer.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import type { ExplainedVerdict } from './explain.ts'

/** Whose word a verdict rests on, and what that says. `default`: the manifest is silent, and the gateway's default holds. */
export interface Decider {
  readonly origin: 'manifest' | 'default' | 'fleet' | 'operator' | 'gateway'
  readonly field?: string
  readonly value?: unknown
}

/** A longer value, as JSON, is not shown. */
const maxValueCharacters = 256

/**
 * @param manifest as it is in force, with all defaults; absent where the app has none
 * @param document the manifest as its author wrote it
 */
export function deciderOf(
  { field, origin }: ExplainedVerdict,
  manifest: Manifest | undefined,
  document: unknown,
): Decider {
  if (field === undefined || !field.startsWith('spec.')) return { origin: origin ?? 'gateway', ...(field && { field }) }
  const pointer = `/${field.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`
  const value = atPointer(manifest, pointer)
  const isWritten = atPointer(document, pointer) !== undefined
  const isShown = value !== undefined && JSON.stringify(value).length <= maxValueCharacters
  return { origin: isWritten ? 'manifest' : 'default', field, ...(isShown && { value }) }
}
