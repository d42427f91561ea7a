import type { Problem } from '#core/fault.ts'
import { type CheckSetting, checkManifest } from './check.ts'
import type { Manifest } from './schema.ts'
import { type Locate, readYaml } from './yaml.ts'

export type Read =
  | {
      readonly kind: 'accepted'
      readonly manifest: Manifest
      readonly document: unknown
      /** Gives later findings the lines they stand on. */
      readonly locate: Locate
    }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** Reads one manifest from YAML (or JSON, which is YAML). Every problem comes with the line it stands on. */
export function readManifest(text: string, file: string, setting: CheckSetting): Read {
  const read = readYaml(text, file)
  if (read.kind === 'refused') return read
  const { document, locate } = read
  const checked = checkManifest(document, setting)
  if (checked.kind === 'accepted') return { kind: 'accepted', manifest: checked.manifest, document, locate }
  return { kind: 'refused', problems: locate(checked.findings) }
}
